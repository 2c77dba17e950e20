from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "活动"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels import register_action, register_panel
        from branches.todos import register_todos
        from ledgers import facts, ledger

        from . import checking, sections
        from .facts import FACTS, RATES
        from .fulltext import keep_index
        from .ledgers import ActivitiesLedger, AttendanceLedger
        from .panels import ACTIONS, PANELS
        from .service import ServiceLedger, keep_view

        ledger.register(ActivitiesLedger, AttendanceLedger, ServiceLedger)
        keep_view(self)
        keep_index(self)
        sections.register_section(*checking.SECTIONS)
        register_todos(checking.unconfirmed)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        register_panel(*PANELS)
        register_action(*ACTIONS)
