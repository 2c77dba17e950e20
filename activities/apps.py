from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "活动"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from branches.panels.registry import register_action, register_panel
        from branches.panels.todos import register_todos
        from ledgers import facts, ledger
        from members.panels.cards import register_card_table
        from members.panels.sections import register_section as register_member_section
        from members.timeline import register_moments

        from . import (
            absence,
            brand_panels,
            checking,
            cobuilding_panels,
            concern_panels,
            leave,
            practice_panels,
            shown_study,
            sign_in,
            street_panels,
            together,
        )
        from .decisions import PANELS as DECISION_PANELS
        from .decisions import SECTIONS as DECISIONS
        from .decisions import overdue as resolutions_overdue
        from .facts import FACTS, RATES
        from .fulltext import keep_index
        from .ledgers import (
            ActivitiesLedger,
            AgreementsLedger,
            AttendanceLedger,
            BrandsLedger,
            CertificatesLedger,
            ConcernsLedger,
            ConcernStepsLedger,
            ContributionsLedger,
            CriticismsLedger,
            DemocraticReviewsLedger,
            LeaveLedger,
            MilestonesLedger,
            ParticipantsLedger,
            PartnersLedger,
            PlansLedger,
            PracticesLedger,
            PromisesLedger,
            ResolutionsLedger,
            ServicesLedger,
            StudyHoursLedger,
            StudySeriesLedger,
            StudyThemesLedger,
            TourStopsLedger,
            VisitsLedger,
            VotesLedger,
        )
        from .models.hours import STUDIED
        from .panels import ACTIONS, PANELS
        from .plan_panels import PANELS as PLAN_PANELS
        from .sections import register_section
        from .service import SERVED, ServiceLedger
        from .todos import planned

        ledger.register(ActivitiesLedger, AttendanceLedger, ServiceLedger)
        ledger.register(PlansLedger, VotesLedger, ResolutionsLedger)
        SERVED.keep(self)
        ledger.register(DemocraticReviewsLedger, CriticismsLedger, PromisesLedger)
        ledger.register(StudyThemesLedger, StudySeriesLedger, CertificatesLedger, StudyHoursLedger)
        STUDIED.keep(self)
        keep_index(self)
        register_todos(checking.unconfirmed)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        register_panel(*PANELS)
        register_action(*ACTIONS)
        ledger.register(AgreementsLedger, PartnersLedger, ContributionsLedger)
        register_panel(*cobuilding_panels.PANELS)
        register_section(*cobuilding_panels.SECTIONS)
        register_todos(cobuilding_panels.due)
        ledger.register(BrandsLedger, MilestonesLedger, ParticipantsLedger, ServicesLedger)
        register_panel(*brand_panels.PANELS)
        register_section(*brand_panels.SECTIONS)
        register_todos(brand_panels.due)
        register_panel(*shown_study.PANELS)
        register_section(*shown_study.ACTIVITY_SECTIONS)
        register_member_section(*shown_study.MEMBER_SECTIONS)
        register_card_table(*shown_study.CARD_TABLES)
        register_moments(shown_study.moments)
        register_todos(shown_study.todos)
        register_section(*checking.SECTIONS)
        register_section(*DECISIONS)
        register_panel(*DECISION_PANELS, *PLAN_PANELS)
        register_todos(resolutions_overdue, planned)
        ledger.register(LeaveLedger)
        register_section(*leave.SECTIONS, *sign_in.SECTIONS, *together.SECTIONS)
        register_member_section(*leave.MEMBER_SECTIONS, *absence.MEMBER_SECTIONS)
        register_panel(*leave.PANELS)
        register_todos(leave.todos)
        ledger.register(ConcernsLedger, ConcernStepsLedger, VisitsLedger, TourStopsLedger, PracticesLedger)
        register_panel(*concern_panels.PANELS, *street_panels.PANELS, *practice_panels.PANELS)
        register_section(*street_panels.SECTIONS)
        register_todos(concern_panels.waiting_concerns, street_panels.street_meetings)
        register_todos(practice_panels.practices_waiting)
