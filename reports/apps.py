from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "报告"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ledgers import facts

        from .facts import FACTS
        from .investigation.evidence import register_filters

        register_filters()
        facts.register(*FACTS)
