from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = "党员"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.models import obstacle_sources
        from branches.panels.registry import actions, panels
        from branches.restructuring import movers
        from ledgers import discovery, facts

        from . import moving
        from .facts import FACTS, RATES
        from .panels import development, dues
        from .panels.cards import TABLES, card_tables
        from .panels.moving import PANEL, SECTION
        from .panels.party_work import SECTION as PARTY_WORK
        from .panels.personal import PANELS as PERSONAL_PANELS
        from .panels.personal import SECTIONS
        from .panels.register import ACTIONS, PANELS
        from .panels.sections import member_sections

        discovery.load("members.ledgers")
        movers.add(moving.relocate)
        obstacle_sources.add(moving.obstacles)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        panels.add(*PANELS)
        actions.add(*ACTIONS)
        panels.add(*development.PANELS)
        actions.add(*development.ACTIONS)
        member_sections.add(*development.SECTIONS)
        panels.add(dues.PANEL)
        actions.add(dues.ACTION)
        member_sections.add(dues.SECTION)
        panels.add(PANEL)
        member_sections.add(SECTION)
        panels.add(*PERSONAL_PANELS)
        member_sections.add(*SECTIONS)
        member_sections.add(PARTY_WORK)
        card_tables.add(*TABLES)
