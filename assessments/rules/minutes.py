"""Rules about minutes and about who was there (R17, R19)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Count, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils import timezone

from activities.models import Activity, Attendance
from activities.querysets import ActivityQuerySet
from activities.quorums import Sitting, sittings
from assessments.engine import About, Check, Rule, Violation, register
from assessments.local import MINUTES_DAYS
from assessments.words import COMMAND, CONDUCT, GUIDANCE, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

from .meetings import REGULATION

NAMED = 3
"""Meetings that one finding names; of more it says how many."""
WANTED = (("place", "地点"), ("chair", "主持人"), ("content", "内容"))


@register
class CommitteeQuorum(Rule):
    code = "R17"
    words = Words(
        heading="支部委员会会议到会人数不足",
        predicate="到会委员不足半数",
        noun="次支部委员会会议",
        measure=(
            "{owner}于{deadline}前对会上议定的事项重新开会研究，今后到会不足半数不开会；{supervisor}抽查会议记录。"
        ),
        lead="规范支委会议事",
        matter="健全民主制度",
        problem=GUIDANCE,
        plan=COMMAND,
    )
    title = "支部委员会会议到会委员达到半数"
    source = f"{REGULATION}第十二条"
    about = About.RECORDS
    remedy = "到会委员不足半数的会议不能作出决定，应重新召开；考勤或者班子登记有误的，改正登记。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the organisations with a committee meeting of too few, each with its latest one."""
        held = Activity.objects.under(check.organization, check.day).counted()
        short: dict[int, list[Sitting]] = defaultdict(list)
        for sitting in sittings(held.filter(date__range=(check.period.start, check.day))):
            if sitting.present < sitting.least:
                short[sitting.organization_id].append(sitting)
        for organization, meetings in short.items():
            words = [f"{one.day} 班子 {one.seats} 人，到会 {one.present} 人" for one in meetings[-NAMED:]]
            more = f"，共 {len(meetings)} 次" if len(meetings) > NAMED else ""
            last = meetings[-1]
            detail = f"{'；'.join(words)}{more}，至少应到会半数（{last.least} 人）"
            rows = tuple(one.activity_id for one in meetings)
            yield Violation(
                self.code, check.by_id[organization], detail, last.present, last.least, records=len(rows), rows=rows
            )

    def opened(self, organization: Organization, period: Period) -> tuple[str, Query]:
        """Return the committee meetings of the subtree to which too few came."""
        return "activities", Query(organization, period, filters={"breaks": f"{self.code}@{period.code}"})

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the organisation's own committee meetings in the period."""
        filters = {"kind": "committee", "status": "counted", "own": "1"}
        return ledger.get("activities").url(Query(organization, period, filters=filters))


@register
class MinutesInTime(Rule):
    """What the office imports is on record from that moment: only what its ledger can hold is asked of it."""

    code = "R19"
    words = Words(
        heading="会议记录不及时、不规范",
        predicate="没有在{limit}内整理报送，或者要素不全",
        noun="份会议记录",
        measure=(
            "{owner}于{deadline}前补齐会议记录，明确记录人，会后{limit}内由书记审签；"
            "{supervisor}每季度抽查，抽查情况在例会上通报。"
        ),
        lead="规范会议记录",
        matter="严肃组织生活",
        problem=GUIDANCE,
        plan=CONDUCT,
        limit=MINUTES_DAYS,
        days=15,
    )
    title = "会议记录在规定的天数内提交，时间、地点、主持人、考勤和内容齐全"
    source = "本街道规定"
    about = About.RECORDS
    remedy = "还没有提交的尽快提交；内容不全的，由审核人退回，补齐后重新提交。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the organisations with minutes late or incomplete: how many of how many are as they should be."""
        held = Activity.objects.under(check.organization, check.day).filter(date__range=(check.period.start, check.day))
        faults: dict[int, list[str]] = defaultdict(list)
        rows: dict[int, list[int]] = defaultdict(list)
        for pk, organization_id, day, kind, words in self._faulty(check, held):
            faults[organization_id].append(f"{day} {Activity.Kind(kind).label}（{words}）")
            rows[organization_id].append(pk)
        if not faults:
            return
        counted = (
            held.filter(organization__in=list(faults)).order_by().values_list("organization").annotate(Count("pk"))
        )
        totals = Counter(dict(counted))
        for organization_id, said in faults.items():
            more = f" 等 {len(said)} 次" if len(said) > NAMED else ""
            detail = f"会议记录不合要求：{'；'.join(said[:NAMED])}{more}"
            total = totals[organization_id]
            place = check.by_id[organization_id]
            ids = tuple(rows[organization_id])
            yield Violation(self.code, place, detail, total - len(said), total, records=len(ids), rows=ids)

    def opened(self, organization: Organization, period: Period) -> tuple[str, Query]:
        """Return the activities of the subtree whose minutes are late or incomplete."""
        return "activities", Query(organization, period, filters={"breaks": f"{self.code}@{period.code}"})

    def _faulty(self, check: Check, held: ActivityQuerySet) -> Iterator[tuple[int, int, date, str, str]]:
        """Yield (activity, organisation, day, kind, what is wrong) of each whose minutes are late or incomplete."""
        sent = ExpressionWrapper(F("date") + timedelta(days=MINUTES_DAYS.least), output_field=DateTimeField())
        counts = Q(status__in=Activity.Status.counted())
        called = Q(Exists(Attendance.objects.filter(activity=OuterRef("pk")))) | Q(expected_stated__isnull=False)
        called |= Q(present_stated__isnull=False)
        imported = counts & (Q(submitted_at__isnull=True) | Q(submitted_at=F("confirmed_at")))
        gaps = Q(place="") | Q(chair="") | Q(content="") | ~called | (Q(start_time__isnull=True) & ~imported)
        late = ~counts | Q(submitted_at__gt=sent)
        rows = held.filter((counts & gaps) | (late & ~imported)).annotate(is_called=called).order_by("date", "pk")
        for pk, organization_id, day, kind, status, submitted, confirmed, start, is_called, *given in rows.values_list(
            "pk",
            "organization_id",
            "date",
            "kind",
            "status",
            "submitted_at",
            "confirmed_at",
            "start_time",
            "is_called",
            *(name for name, _ in WANTED),
        ).iterator(chunk_size=5000):
            counts_now = status in Activity.Status.counted()
            is_imported = counts_now and (submitted is None or submitted == confirmed)
            words = [] if is_imported else self._lateness(check, organization_id, day, submitted)
            if counts_now:
                lacking = ["开始时间"] if start is None and not is_imported else []
                lacking += [label for (_, label), value in zip(WANTED, given, strict=True) if not value]
                lacking += [] if is_called else ["考勤"]
                words += [f"缺{'、'.join(lacking)}"] if lacking else []
            if words:
                yield pk, organization_id, day, kind, "，".join(words)

    def _lateness(self, check: Check, organization_id: int, day: date, submitted: datetime | None) -> list[str]:
        """Say that minutes came too late, or have not come; nothing while there is still time."""
        deadline = day + timedelta(days=check.limit(MINUTES_DAYS, check.by_id[organization_id]))
        on = timezone.localtime(submitted).date() if submitted else None
        if on and on > deadline:
            return [f"逾期 {(on - deadline).days} 天提交"]
        return ["还没有提交"] if on is None and deadline < check.today else []

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the organisation's own activities in the period."""
        return ledger.get("activities").url(Query(organization, period, filters={"own": "1"}))
