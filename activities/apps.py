from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "活动"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels import register_action, register_panel
        from branches.todos import register_todos
        from ledgers import facts, ledger

        from . import brand_panels, cobuilding_panels
        from .facts import FACTS, RATES
        from .ledgers import (
            ActivitiesLedger,
            AgreementsLedger,
            AttendanceLedger,
            BrandsLedger,
            ContributionsLedger,
            ParticipantsLedger,
            PartnersLedger,
            ServicesLedger,
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
        ledger.register(AgreementsLedger, PartnersLedger, ContributionsLedger)
        register_panel(*cobuilding_panels.PANELS)
        register_section(*cobuilding_panels.SECTIONS)
        register_todos(cobuilding_panels.due)
        ledger.register(BrandsLedger, ParticipantsLedger, ServicesLedger)
        register_panel(*brand_panels.PANELS)
        register_section(*brand_panels.SECTIONS)
        register_todos(brand_panels.due)
