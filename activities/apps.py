from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "活动"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels.registry import register_action, register_panel
        from branches.panels.todos import register_todos
        from ledgers import discovery, facts
        from members.panels.cards import register_card_table
        from members.panels.sections import register_section as register_member_section
        from members.timeline import register_moments

        from . import absence, sign_in, together
        from .facts import FACTS, RATES
        from .fulltext import keep_index
        from .models.hours import STUDIED
        from .models.service import SERVED
        from .panels import (
            brands,
            cobuilding,
            concerns,
            leave,
            minutes,
            plans,
            practices,
            records,
            street,
            study,
            votes,
        )
        from .panels.sections import register_section

        discovery.load("activities.ledgers")
        SERVED.keep(self)
        STUDIED.keep(self)
        keep_index(self)
        register_todos(minutes.unconfirmed)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        register_panel(*records.PANELS)
        register_action(*records.ACTIONS)
        register_panel(*cobuilding.PANELS)
        register_section(*cobuilding.SECTIONS)
        register_todos(cobuilding.due)
        register_panel(*brands.PANELS)
        register_section(*brands.SECTIONS)
        register_todos(brands.due)
        register_panel(*study.PANELS)
        register_section(*study.ACTIVITY_SECTIONS)
        register_member_section(*study.MEMBER_SECTIONS)
        register_card_table(*study.CARD_TABLES)
        register_moments(study.moments)
        register_todos(study.todos)
        register_section(*minutes.SECTIONS)
        register_section(*votes.SECTIONS)
        register_panel(*votes.PANELS, *plans.PANELS)
        register_todos(votes.overdue, plans.planned)
        register_section(*leave.SECTIONS, *sign_in.SECTIONS, *together.SECTIONS)
        register_member_section(*leave.MEMBER_SECTIONS, *absence.MEMBER_SECTIONS)
        register_panel(*leave.PANELS)
        register_todos(leave.todos)
        register_panel(*concerns.PANELS, *street.PANELS, *practices.PANELS)
        register_section(*street.SECTIONS)
        register_todos(concerns.waiting_concerns, street.street_meetings)
        register_todos(practices.practices_waiting)
