from django.apps import AppConfig


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = "党组织"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ledgers import facts, ledger

        from .facts import FACTS
        from .ledgers import CommitteesLedger, OrganizationsLedger
        from .models import Organization
        from .own_panels import ACTIONS, PANELS
        from .panels import register_action, register_panel

        ledger.register(OrganizationsLedger, CommitteesLedger)
        facts.register(*FACTS)
        facts.register_tree(Organization.lineages)
        register_panel(*PANELS)
        register_action(*ACTIONS)
