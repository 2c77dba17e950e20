from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "活动"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels import register_action, register_panel
        from branches.todos import register_todos
        from ledgers import facts, ledger

        from .decisions import PANELS as DECISION_PANELS
        from .decisions import SECTIONS as DECISIONS
        from .decisions import overdue as resolutions_overdue
        from .facts import FACTS, RATES
        from .ledgers import ActivitiesLedger, AttendanceLedger, PlansLedger, ResolutionsLedger, VotesLedger
        from .panels import ACTIONS, PANELS
        from .plan_panels import PANELS as PLAN_PANELS
        from .sections import register_section
        from .service import ServiceLedger, keep_view
        from .todos import planned

        ledger.register(ActivitiesLedger, AttendanceLedger, ServiceLedger)
        ledger.register(PlansLedger, VotesLedger, ResolutionsLedger)
        keep_view(self)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        register_panel(*PANELS)
        register_action(*ACTIONS)
        register_section(*DECISIONS)
        register_panel(*DECISION_PANELS, *PLAN_PANELS)
        register_todos(resolutions_overdue, planned)
