from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "考核"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ledgers import facts, ledger

        from .facts import FACTS
        from .ledgers import FindingsLedger

        ledger.register(FindingsLedger)
        facts.register(*FACTS)
