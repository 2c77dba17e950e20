from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "活动"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels import register_action, register_panel
        from branches.todos import register_todos
        from ledgers import facts, ledger
        from members.sections import register_section as register_member_section

        from . import absence, leave, sign_in
        from .facts import FACTS, RATES
        from .ledgers import ActivitiesLedger, AttendanceLedger, LeaveLedger
        from .panels import ACTIONS, PANELS
        from .sections import register_section
        from .service import ServiceLedger, keep_view

        ledger.register(ActivitiesLedger, AttendanceLedger, ServiceLedger)
        keep_view(self)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        register_panel(*PANELS)
        register_action(*ACTIONS)

        ledger.register(LeaveLedger)
        register_section(*leave.SECTIONS, *sign_in.SECTIONS)
        register_member_section(*leave.MEMBER_SECTIONS, *absence.MEMBER_SECTIONS)
        register_panel(*leave.PANELS)
        register_todos(leave.todos)
