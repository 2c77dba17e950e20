"""Schemes and their documents: a document kept as the next version, a version read as a document."""

from decimal import Decimal
from typing import Any

from django.db.models import Max

from accounts.transactions import atomic
from assessments.models import Grade, Indicator, IndicatorGroup, RankingClass, Scheme, Veto
from assessments.models.schemes import LENGTHS
from branches.models import Organization

from .document import Document, read


def document_of(scheme: Scheme) -> Document:
    """Return a version as it is read. Five queries, none where its parts were loaded with it.

    A draft that an office began with its ledger may have no indicator yet.
    """
    return read(scheme.as_written(), least=0)


@atomic
def draft(organization: Organization, document: Document) -> Scheme:
    """Keep a document as the next version of its code, a draft."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)  # two drafts take two numbers
    versions = Scheme.objects.filter(organization=organization, code=document.code)
    last = versions.aggregate(last=Max("edition"))["last"] or 0
    scheme = unkept(organization, document, last + 1).record()
    hang_parts(scheme, document)
    return scheme


def draft_empty(organization: Organization, **values: Any) -> Scheme:
    """Begin a scheme without indicators: a draft of which nothing but its head is known. Raises SchemeRefused."""
    title = str(values["title"])
    kind = "社区党委" if "社区" in title and "支部" not in title else "党支部"
    head = {"code": values["code"], "title": title, "period": values["period_kind"], "applies_to": [kind]}
    return draft(organization, read(head | ({"base": values["base"]} if "base" in values else {}), least=0))


def unkept(organization: Organization, document: Document, edition: int) -> Scheme:
    """Return a document as a version that no database holds yet, without its parts."""
    return Scheme(
        organization=organization,
        code=document.code,
        edition=edition,
        title=document.title,
        period_kind=next(kind for kind, length in LENGTHS.items() if length == document.period),
        base=document.base,
        not_applicable=document.not_applicable,
        days=dict(document.days),
        applies_to=list(document.applies_to),
        tie_break=list(document.tie_break),
    )


def hang_parts(scheme: Scheme, document: Document) -> None:
    """Write what hangs on a new version."""
    RankingClass.objects.bulk_create(
        RankingClass(scheme=scheme, position=place, title=one.title, unit_kinds=list(one.unit_kinds))
        for place, one in enumerate(document.classes)
    )
    Grade.objects.bulk_create(
        Grade(scheme=scheme, position=place, title=one.title, least=one.least, at_most_percent=one.at_most_percent)
        for place, one in enumerate(document.grades)
    )
    Veto.objects.bulk_create(
        Veto(
            scheme=scheme,
            position=place,
            code=one.code,
            title=one.title,
            rules=list(one.rules),
            not_above=one.not_above,
        )
        for place, one in enumerate(document.vetoes)
    )
    groups = IndicatorGroup.objects.bulk_create(
        IndicatorGroup(scheme=scheme, position=place, title=one.title) for place, one in enumerate(document.groups)
    )
    Indicator.objects.bulk_create(
        Indicator(
            scheme=scheme,
            group=group,
            position=place,
            code=one.code,
            title=one.title,
            points=one.points,
            standard=one.standard,
            method=one.method,
            scorer=one.scorer,
            formula=_storable(one.written),
        )
        for group, of_group in zip(groups, document.groups, strict=True)
        for place, one in enumerate(of_group.indicators)
    )


def _storable(value: Any) -> Any:
    """Return a written form with the numbers that JSON knows; they read back exactly as they were written."""
    if isinstance(value, dict):
        return {key: _storable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
