from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "活动"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels import register_action, register_panel
        from branches.todos import register_todos
        from ledgers import facts, ledger

        from . import concern_panels, practice_panels, street_panels
        from .facts import FACTS, RATES
        from .ledgers import (
            ActivitiesLedger,
            AttendanceLedger,
            ConcernsLedger,
            PracticesLedger,
            TourStopsLedger,
            VisitsLedger,
        )
        from .panels import ACTIONS, PANELS
        from .sections import register_section
        from .service import ServiceLedger, keep_view

        ledger.register(ActivitiesLedger, AttendanceLedger, ServiceLedger)
        keep_view(self)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        register_panel(*PANELS)
        register_action(*ACTIONS)

        ledger.register(ConcernsLedger, VisitsLedger, TourStopsLedger, PracticesLedger)
        register_panel(*concern_panels.PANELS, *street_panels.PANELS, *practice_panels.PANELS)
        register_section(*street_panels.SECTIONS)
        register_todos(concern_panels.waiting_concerns, street_panels.street_meetings)
        register_todos(practice_panels.practices_waiting)
