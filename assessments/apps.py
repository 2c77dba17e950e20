from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "考核"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from activities.models.concerns import register_answer_days
        from branches.ledgers.tree import OrganizationsLedger
        from branches.models import obstacle_sources
        from branches.panels.registry import panels
        from branches.panels.todos import todo_sources
        from ledgers import closing, discovery, facts

        from .assessing import refuse_behind_locked
        from .facts import FACTS, RATES
        from .local import answer_days
        from .minutes_due import minutes_due
        from .obstacles import obstacles
        from .panels import findings, measures, standing
        from .sheets_due import sheets_due

        discovery.load("assessments.rules")  # the ledger offers them to choose from
        discovery.load("assessments.ledgers")
        from .ledgers.observations import LEFT_OUT

        OrganizationsLedger.filters = (*OrganizationsLedger.filters, LEFT_OUT)  # type: ignore[assignment]
        obstacle_sources.add(obstacles)
        closing.locks.add(refuse_behind_locked)
        facts.register(*FACTS)
        facts.register_rates(*RATES)
        panels.add(*findings.PANELS, *measures.PANELS, *standing.PANELS)
        todo_sources.add(minutes_due, sheets_due, measures.measures_waiting, measures.matters_waiting)
        register_answer_days(answer_days)
