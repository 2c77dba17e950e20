"""How imports find the activities that their rows name by 活动编号."""

from collections.abc import Collection

from django.db.models import QuerySet

from accounts.permissions import access_of
from ledgers.importing import Importer

from ..models import Activity


def in_reach(importer: Importer, numbers: Collection[str]) -> QuerySet[Activity]:
    """Return the activities of these numbers, or of so many numbers all, that the import may write to."""
    held = Activity.objects.filter(access_of(importer.user).scope(importer.ledger.edit_right, "organization__path"))
    if importer.organization is not None:
        held = held.filter(importer.organization.subtree("organization__path"))
    return held.filter(number__in=numbers) if len(numbers) < importer.reads_whole_scope else held
