from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = "党员"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.models import register_obstacles
        from branches.panels.registry import register_action, register_panel
        from branches.restructuring import register_mover
        from ledgers import discovery, facts

        from . import moving
        from .facts import FACTS
        from .panels import development, dues
        from .panels.cards import TABLES, register_card_table
        from .panels.moving import PANEL, SECTION
        from .panels.party_work import SECTION as PARTY_WORK
        from .panels.personal import PANELS as PERSONAL_PANELS
        from .panels.personal import SECTIONS
        from .panels.register import ACTIONS, PANELS
        from .panels.sections import register_section

        discovery.load("members.ledgers")
        register_mover(moving.relocate)
        register_obstacles(moving.obstacles)
        facts.register(*FACTS)
        register_panel(*PANELS)
        register_action(*ACTIONS)
        register_panel(*development.PANELS)
        register_action(*development.ACTIONS)
        register_section(*development.SECTIONS)
        register_panel(dues.PANEL)
        register_action(dues.ACTION)
        register_section(dues.SECTION)
        register_panel(PANEL)
        register_section(SECTION)
        register_panel(*PERSONAL_PANELS)
        register_section(*SECTIONS)
        register_section(PARTY_WORK)
        register_card_table(*TABLES)
