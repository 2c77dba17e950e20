from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "考核"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from activities.models.concerns import register_answer_days
        from branches.panels.registry import register_panel
        from branches.panels.todos import register_todos
        from ledgers import facts, ledger

        from .facts import FACTS
        from .ledgers import FindingsLedger
        from .local import answer_days
        from .minutes_due import minutes_due
        from .panels import PANELS

        ledger.register(FindingsLedger)
        facts.register(*FACTS)
        register_panel(*PANELS)
        register_todos(minutes_due)
        register_answer_days(answer_days)
