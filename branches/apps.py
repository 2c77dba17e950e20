from django.apps import AppConfig


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = "党组织"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import streets
        from ledgers import facts, ledger

        from .facts import FACTS, RATES
        from .ledgers import (
            CandidatesLedger,
            CommitteesLedger,
            ElectionsLedger,
            EnterprisesLedger,
            GroupLeadersLedger,
            JointUnitsLedger,
            OrganizationsLedger,
            ShortagesLedger,
            VenuesLedger,
            WorkersLedger,
        )
        from .life_panels import PANELS as LIFE_PANELS
        from .models import Organization
        from .own_panels import ACTIONS, PANELS
        from .panels import register_action, register_panel
        from .record_panels import PANELS as RECORD_PANELS

        ledger.register(OrganizationsLedger, CommitteesLedger, WorkersLedger)
        ledger.register(VenuesLedger, ShortagesLedger, EnterprisesLedger)
        ledger.register(ElectionsLedger, CandidatesLedger, JointUnitsLedger, GroupLeadersLedger)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        facts.register_tree(Organization)
        streets.register(Organization)
        register_panel(*PANELS, *RECORD_PANELS, *LIFE_PANELS)
        register_action(*ACTIONS)
