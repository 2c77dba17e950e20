from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "活动"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels.registry import actions, panels
        from branches.panels.todos import todo_sources
        from ledgers import discovery, facts
        from members.panels.cards import card_tables
        from members.panels.sections import member_sections
        from members.timeline import moment_sources

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
        from .panels.sections import activity_sections

        discovery.load("activities.ledgers")
        SERVED.keep(self)
        STUDIED.keep(self)
        keep_index(self)
        todo_sources.add(minutes.unconfirmed)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        panels.add(*records.PANELS)
        actions.add(*records.ACTIONS)
        panels.add(*cobuilding.PANELS)
        activity_sections.add(*cobuilding.SECTIONS)
        todo_sources.add(cobuilding.due)
        panels.add(*brands.PANELS)
        activity_sections.add(*brands.SECTIONS)
        todo_sources.add(brands.due)
        panels.add(*study.PANELS)
        activity_sections.add(*study.ACTIVITY_SECTIONS)
        member_sections.add(*study.MEMBER_SECTIONS)
        card_tables.add(*study.CARD_TABLES)
        moment_sources.add(study.moments)
        todo_sources.add(study.todos)
        activity_sections.add(*minutes.SECTIONS)
        activity_sections.add(*votes.SECTIONS)
        panels.add(*votes.PANELS, *plans.PANELS)
        todo_sources.add(votes.overdue, plans.planned)
        activity_sections.add(*leave.SECTIONS, *sign_in.SECTIONS, *together.SECTIONS)
        member_sections.add(*leave.MEMBER_SECTIONS, *absence.MEMBER_SECTIONS)
        panels.add(*leave.PANELS)
        todo_sources.add(leave.todos)
        panels.add(*concerns.PANELS, *street.PANELS, *practices.PANELS)
        activity_sections.add(*street.SECTIONS)
        todo_sources.add(concerns.waiting_concerns, street.street_meetings)
        todo_sources.add(practices.practices_waiting)
