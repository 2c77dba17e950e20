"""Work that outlives a request."""

from django_tasks import task

from accounts.acting import acting_as

from . import importing, progress
from .models import ImportBatch


@task()
def apply_batch(pk: int, address: str, url: str) -> None:
    """Apply an import batch, telling how far it has come. A second run of the same batch does nothing."""
    batch = ImportBatch.objects.select_related("user", "organization").get(pk=pk)

    def report(done: int, total: int, words: str) -> None:
        progress.report(f"import-{pk}", progress.Progress(done, total, words))

    try:
        with acting_as(batch.user, address):
            importing.apply(batch, report)
    except importing.CannotImport as error:
        progress.report(f"import-{pk}", progress.Progress(0, 1, str(error), url, failed=True))
        return
    progress.report(f"import-{pk}", progress.Progress(1, 1, "已完成", url))
