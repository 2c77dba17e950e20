from django.apps import AppConfig


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = "党组织"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import streets
        from ledgers import discovery, facts

        from .facts import FACTS, RATES
        from .models import Organization
        from .panels.life import PANELS as LIFE_PANELS
        from .panels.records import PANELS as RECORD_PANELS
        from .panels.registry import actions, panels
        from .panels.tree import ACTIONS, PANELS

        discovery.load("branches.ledgers")
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        facts.register_tree(Organization)
        streets.register(Organization)
        panels.add(*PANELS, *RECORD_PANELS, *LIFE_PANELS)
        actions.add(*ACTIONS)
