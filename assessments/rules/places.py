"""Rules about premises, two-new organisations and Party workers (R43-R45, R55)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import BooleanField, ExpressionWrapper

from assessments.engine import About, Check, OfKind, Rule, Violation, register
from assessments.local import RESERVE_CADRES, WORKERS_LOST_PERCENT
from assessments.models import Severity
from assessments.words import CAPACITY, COMMAND, CONDUCT, COORDINATION, STRENGTH, Words
from branches.models import EnterpriseState, Organization, Shortage, Venue
from branches.models.enterprises import ORGANISED_FROM, instructed_on, organised_on
from branches.models.venues import LEASE_WARNED_BEFORE
from branches.turnover import turnover
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

OWN = "本街道工作要求"
NAMED = 3
"""Things that one finding names; of more it says how many."""


class EnterpriseRule(Rule):
    """Base of the rules about enterprises: one violation for each organisation that keeps some that break it."""

    about = About.RECORDS

    filters: dict[str, str]

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the enterprises that break the rule."""
        return ledger.get("enterprises").url(Query(organization, on=period.as_of(), filters=self.filters))

    def opened(self, organization: Organization, period: Period) -> tuple[str, Query]:
        """Return the enterprises of the subtree that break the rule."""
        return "enterprises", Query(organization, on=period.as_of(), filters=self.filters)

    def among(self, check: Check) -> Iterator[tuple[Organization, list[tuple[str, int, bool, bool]]]]:
        """Yield each organisation with its enterprises as (name, full members, organised, instructed)."""
        states = EnterpriseState.objects.in_force_on(check.day).under(check.organization, check.day)
        rows = states.annotate(
            has_organisation=ExpressionWrapper(organised_on(check.day), BooleanField()),
            has_instructor=ExpressionWrapper(instructed_on(check.day), BooleanField()),
        ).order_by("enterprise__name")
        found: dict[int, list[tuple[str, int, bool, bool]]] = defaultdict(list)
        for organization, *enterprise in rows.values_list(
            "organization_id", "enterprise__name", "full_members", "has_organisation", "has_instructor"
        ):
            found[organization].append(tuple(enterprise))
        for organization, enterprises in found.items():
            yield check.by_id[organization], enterprises


@register
class EnterprisesOrganised(EnterpriseRule):
    code = "R43"
    words = Words(
        heading="两新组织党的组织覆盖还有空白",
        predicate="有3名以上正式党员，尚未建立党组织",
        noun="家两新组织",
        measure=(
            "{owner}会同党建指导员于{deadline}前上门摸清党员情况，具备条件的单独组建，"
            "暂不具备的联合组建，以成立批复为准。"
        ),
        lead="推进组织覆盖",
        matter="扩大两新组织覆盖",
        problem=COORDINATION,
        plan=COMMAND,
        days=60,
    )
    title = f"正式党员满 {ORGANISED_FROM} 名的两新组织应建尽建党组织"
    source = "《中国共产党章程》"
    severity = Severity.SERIOUS
    remedy = "指导单独或联合建立党组织；已经建立的，在两新组织台账里填写组建情况。"
    filters = {"coverage": "lacking"}

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield who keeps enterprises without a Party organisation that should have one: how many of how many do."""
        for organization, enterprises in self.among(check):
            due = [one for one in enterprises if one[1] >= ORGANISED_FROM]
            lacking = [name for name, _, organised, _ in due if not organised]
            if lacking:
                detail = f"{_named(lacking)}有 {ORGANISED_FROM} 名以上正式党员，还没有建立党组织"
                having = len(due) - len(lacking)
                yield Violation(self.code, organization, detail, having, len(due), records=len(lacking))


@register
class EnterprisesInstructed(EnterpriseRule):
    code = "R44"
    words = Words(
        heading="党建指导员选派不到位",
        predicate="尚未选派党建指导员",
        noun="家两新组织",
        measure=(
            "街道党建办于{deadline}前选派党建指导员，每月至少上门1次；{owner}做好衔接，指导情况每季度报街道党工委。"
        ),
        lead="选派党建指导员",
        matter="扩大两新组织覆盖",
        problem=COORDINATION,
        plan=COMMAND,
    )
    title = "每家两新组织有党建指导员"
    source = OWN
    remedy = "选派党建指导员；已经选派的，在两新组织台账里填写姓名。"
    filters = {"instructor": "0"}

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield who keeps enterprises without an instructor: how many of how many have one."""
        for organization, enterprises in self.among(check):
            lacking = [name for name, _, _, instructed in enterprises if not instructed]
            if lacking:
                detail = f"{_named(lacking)}没有党建指导员"
                having, all_here = len(enterprises) - len(lacking), len(enterprises)
                yield Violation(self.code, organization, detail, having, all_here, records=len(lacking))


@register
class Premises(Rule):
    code = "R45"
    words = Words(
        heading="阵地保障不够稳固",
        predicate="办公服务场所不足",
        noun="个社区",
        measure=(
            "{owner}于{deadline}前同产权单位商定续租或者落实替代场所；解决不了的报街道党工委协调驻区单位资源，"
            "以协议为准。"
        ),
        lead="保障活动阵地",
        matter="保障活动阵地",
        problem=COORDINATION,
        plan=CONDUCT,
        limit=f"{LEASE_WARNED_BEFORE.days}日",
        days=60,
        counted_by="venues.short",
    )
    title = f"阵地租期不在 {LEASE_WARNED_BEFORE.days} 天内到期，社区阵地不短缺"
    source = OWN
    about = About.RECORDS
    remedy = "办理续租或另找场所，更新租借到期日期；阵地不足的，写明解决办法，解决后填解决日期。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield whose lease ends within 90 days (with the days left) and which communities are short of premises."""
        said: dict[int, list[str]] = defaultdict(list)
        left: dict[int, int] = {}
        venues = Venue.objects.in_use_on(check.day).lease_ends_soon(check.day).under(check.organization, check.day)
        for place, name, end in venues.order_by("lease_end").values_list("organization_id", "name", "lease_end"):
            assert end is not None  # or it would not end soon
            days = (end - check.day).days
            left.setdefault(place, days)
            when = f"{end} 到期，还有 {days} 天" if days >= 0 else f"已于 {end} 到期"
            said[place].append(f"{name[:30]}租期{when}")
        short = (
            Shortage.objects.open_on(check.day)
            .under(check.organization, check.day)
            .filter(organization__kind=Organization.Kind.COMMUNITY_COMMITTEE)
        )
        for place, situation in short.values_list("organization_id", "situation"):
            said[place].append(f"阵地不足：{situation[:60]}")
        for place, words in said.items():
            more = f" 等 {len(words)} 项" if len(words) > NAMED else ""
            detail = "；".join([*words[: NAMED - 1], words[-1]] if more else words) + more
            limit = LEASE_WARNED_BEFORE.days if place in left else None
            yield Violation(self.code, check.by_id[place], detail, left.get(place), limit, records=len(words))

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the organisation's premises."""
        return ledger.get("venues").url(Query(organization, on=period.as_of()))


@register
class PartyWorkersKept(Rule):
    """Those lost count against all who were employed at some time in the 12 months."""

    code = "R55"
    words = Words(
        heading="党务工作者队伍不稳定、后备不足",
        predicate="近12个月党务工作者流失超过{limit}，或者没有后备干部",
        noun="个社区",
        measure=(
            "{owner}于{deadline}前确定1至2名后备干部并安排帮带人；街道党工委研究待遇保障和工作减负办法，"
            "半年内检查一次效果。"
        ),
        lead="稳定工作力量",
        matter="稳定工作力量",
        problem=CAPACITY,
        plan=STRENGTH,
        limit=WORKERS_LOST_PERCENT,
    )
    title = "社区党务工作者队伍稳定，有后备干部"
    source = "本街道规定"
    remedy = "了解离岗原因，落实待遇和培养措施；选定后备干部，在党务工作者台账里登记。"
    applies_to = OfKind((Organization.Kind.COMMUNITY_COMMITTEE,))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the communities that lost too many (in percent), or have too few reserve cadres (in people)."""
        found = turnover(check.organization, check.day)
        for community in self.applies_to.among(check):
            here = found[community.pk]
            most, least = check.limit(WORKERS_LOST_PERCENT, community), check.limit(RESERVE_CADRES, community)
            words = []
            if here.exceeds(most):
                words.append(
                    f"近 12 个月在岗过 {here.employed + here.lost} 人，离岗 {here.lost} 人，"
                    f"流失率 {here.percent(most)}%，高于 {most}%"
                )
            if here.reserve < least:
                words.append(f"后备干部 {here.reserve} 人，少于 {least} 人")
            if words:
                value, required = (here.percent(most), most) if here.exceeds(most) else (here.reserve, least)
                yield Violation(self.code, community, "；".join(words), value, required)

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the Party workers who left in the 12 months, and of those who are there."""
        return ledger.get("workers").url(Query(organization, on=period.as_of(), filters={"all": "1"}))


def _named(names: Sequence[str]) -> str:
    """Return the first names, each cut where it is long, and how many there are in all."""
    shown = "、".join(name[:40] for name in names[:NAMED])
    return f"{shown} 等 {len(names)} 家" if len(names) > NAMED else shown
