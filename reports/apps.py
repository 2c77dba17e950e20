from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "报告"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from activities.panels.sections import activity_sections
        from ledgers import facts
        from ledgers.background import to_look_at
        from members.panels.moving import waiting_for

        from . import checks  # noqa: F401
        from .facts import FACTS
        from .investigation.evidence import register_filters
        from .minutes_record import SECTIONS
        from .navigation import register_badge

        register_filters()
        facts.register(*FACTS)
        register_badge("ledgers:list", waiting_for, "transfers")
        register_badge("ledgers:background", to_look_at)
        activity_sections.add(*SECTIONS)
