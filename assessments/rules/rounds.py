"""Rules about what is held once a quarter and once a year: observation and work reviews (R51, R52)."""

from collections import defaultdict
from collections.abc import Iterator

from accounts.permissions import Right
from assessments.engine import Check, Form, Rule, Violation, of_place, register
from assessments.ledgers.observations import left_out
from assessments.models import Finding, WorkReview
from assessments.words import CONDUCT, COORDINATION, Words
from branches.models import CommitteeSeat, Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

OWN = "本街道工作要求"
NAMED = 3
Kind = Organization.Kind
REVIEWED = (Kind.COMMUNITY_COMMITTEE, Kind.GENERAL_BRANCH, *Kind.branches())


class Streets:
    """The streets that have communities: whom R51 asks."""

    def among(self, check: Check, part: Period | None = None) -> list[Organization]:
        """Return the streets with a live community, of those settled by the part's first day."""
        span = part or check.period
        with_communities = [one.path for one in check.settled_by(span.start) if one.kind == Kind.COMMUNITY_COMMITTEE]
        return [
            one
            for one in check.settled_by(span.start)
            if one.kind == Kind.WORKING_COMMITTEE and any(path.startswith(one.path) for path in with_communities)
        ]


@register
class QuarterlyObservation(Rule):
    """Every community is visited each quarter, by a tour of the street's or in a scored round."""

    code = "R51"
    words = Words(
        heading="观摩评比没有做到全覆盖",
        predicate="{period}没有列入逐社区观摩",
        noun="个社区",
        measure="街道党建办于{deadline}前对未观摩的社区补观摩，现场点评打分，结果在党建工作例会上通报。",
        lead="补齐逐社区观摩",
        matter="压实工作责任",
        problem=COORDINATION,
        plan=CONDUCT,
    )
    title = "每季度逐社区观摩一轮"
    source = OWN
    remedy = "把没有观摩的社区补上：登记观摩活动并勾选社区，或者在观摩评比台账里填观摩日期。"
    every = Period.QUARTER
    applies_to = Streets()

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the streets that left communities out, with the quarters; one query for each quarter."""
        missed: dict[int, dict[Period, list[str]]] = defaultdict(dict)
        owed: dict[int, dict[Period, int]] = defaultdict(dict)
        for quarter in check.parts(Period.QUARTER):
            streets = self.applies_to.among(check, quarter)
            asked = [one for one in check.settled_by(quarter.start) if one.kind == Kind.COMMUNITY_COMMITTEE]
            without = set(
                Organization.objects.filter(pk__in=[one.pk for one in asked])
                .filter(left_out([quarter]))
                .values_list("pk", flat=True)
            )
            for street in streets:
                own = [one for one in asked if one.path.startswith(street.path)]
                owed[street.pk][quarter] = len(own)
                if names := [one.label for one in own if one.pk in without]:
                    missed[street.pk][quarter] = names
        for pk, quarters in missed.items():
            named = "；".join(f"{quarter.label}{_named(names)}没有观摩" for quarter, names in quarters.items())
            required = sum(owed[pk].values())
            lacking = sum(len(names) for names in quarters.values())
            yield Violation(
                self.code, check.by_id[pk], named[:300], required - lacking, required,
                months=tuple(quarter.code for quarter in quarters), records=lacking,
            )  # fmt: skip

    def opened(self, organization: Organization, period: Period) -> tuple[str, Query]:
        """Return the communities of the subtree that a quarter of the period left out."""
        return "organizations", Query(organization, on=period.as_of(), filters={"left-out": _quarters(period)})

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the communities that were left out."""
        slug, query = self.opened(organization, period)
        return ledger.get(slug).url(query)

    def form(self, finding: Finding) -> Form:
        """Return the form of one community's observation."""
        return Form("assessments:observation-create", Right.ASSESSMENTS_DECIDE, query=of_place(finding))


def _quarters(period: Period) -> str:
    quarters = period.split(Period.QUARTER) if period.kind >= Period.QUARTER else (
        Period.containing(period.start, Period.QUARTER),
    )  # fmt: skip
    return ",".join(quarter.code for quarter in quarters if quarter.is_over())


def _named(names: list[str]) -> str:
    more = f"等 {len(names)} 个社区" if len(names) > NAMED else ""
    return "、".join(names[:NAMED]) + more


class Secretaries:
    """Organisations with a secretary on record: whom R52 asks. One query for each check."""

    def among(self, check: Check, part: Period | None = None) -> list[Organization]:
        """Return the branches, general branches and communities whose secretary holds the post on the last day."""
        seats = CommitteeSeat.objects.held_on(check.day).under(check.organization, check.day)
        led = set(seats.filter(post=CommitteeSeat.Post.SECRETARY).values_list("committee__organization_id", flat=True))
        settled = check.settled_by((part or check.period).start)
        return [one for one in settled if one.kind in REVIEWED and one.pk in led]


@register
class AnnualWorkReview(Rule):
    """Held for the year, be it in its own months or in those after it; a written one counts."""

    code = "R52"
    words = Words(
        heading="述职评议没有做到全覆盖",
        predicate="没有参加{year}年度抓党建工作述职评议",
        noun="名党组织书记",
        measure=(
            "街道党建办于{deadline}前组织补述职、补评议，{owner}提交书面述职报告；"
            "评议结果报街道党工委，作为年度考核依据。"
        ),
        lead="补齐述职评议",
        matter="压实工作责任",
        problem=COORDINATION,
        plan=CONDUCT,
    )
    title = "党组织书记每年述职评议"
    source = OWN
    remedy = "组织书记述职评议并登记；任职不满半年的书面述职。"
    every = Period.YEAR
    applies_to = Secretaries()

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield whose secretary was not reviewed for a year that is over."""
        for year in check.parts(Period.YEAR):
            asked = self.applies_to.among(check, year)
            held = WorkReview.objects.filter(year=year.year, held_on__isnull=False, held_on__lte=check.today)
            reviewed = set(held.filter(organization__in=asked).values_list("organization_id", flat=True))
            for place in asked:
                if place.pk not in reviewed:
                    detail = f"书记没有参加 {year.year} 年度述职评议"
                    yield Violation(self.code, place, detail, 0, 1, months=(year.code,))

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the year's reviews of the organisation."""
        return ledger.get("reviews").url(Query(organization, filters={"year": str(period.year)}))

    def form(self, finding: Finding) -> Form:
        """Return the form of a review."""
        return Form("assessments:review-record-create", Right.ASSESSMENTS_REVIEW, query=of_place(finding))
