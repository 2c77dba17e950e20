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
        from .models import Organization
        from .panels.life import PANELS as LIFE_PANELS
        from .panels.records import PANELS as RECORD_PANELS
        from .panels.registry import register_action, register_panel
        from .panels.tree import ACTIONS, PANELS

        ledger.register(OrganizationsLedger, CommitteesLedger, WorkersLedger)
        ledger.register(VenuesLedger, ShortagesLedger, EnterprisesLedger)
        ledger.register(ElectionsLedger, CandidatesLedger, JointUnitsLedger, GroupLeadersLedger)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        facts.register_tree(Organization)
        streets.register(Organization)
        register_panel(*PANELS, *RECORD_PANELS, *LIFE_PANELS)
        register_action(*ACTIONS)
