from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = "党员"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels import register_action, register_panel
        from ledgers import facts, ledger

        from .facts import FACTS
        from .ledgers import MembersLedger
        from .panels import ACTIONS, PANELS

        ledger.register(MembersLedger)
        facts.register(*FACTS)
        register_panel(*PANELS)
        register_action(*ACTIONS)
