"""The workbench: what is to be done today, by role, and the quickest way to do it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Posting, User
from accounts.permissions import Access, Right, access_of
from activities.models import Activity
from assessments import engine
from assessments.findings import form_url, refresh_if_changed
from assessments.models import Finding, Severity
from branches.models import Organization
from branches.panels.todos import Todo, days_left, todos_of
from branches.reminders import due as due_in_branches
from ledgers import facts
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.models import ImportBatch
from ledgers.period import Period
from ledgers.scope import may
from ledgers.views import EVER
from members.development.procedure import BY_CODE as STEPS
from members.dues.statements import waiting as dues_waiting
from members.models import DevelopmentCase, Transfer
from members.panels.development import due as due_in_development
from members.panels.personal import due_talks

from .dashboard import address, findings_url, name_within, percent_of
from .navigation import CHOOSE, Item
from .obligations import DUTIES, Book, Duty, Obligation

ROWS = 20
IMPORTS_SHOWN = 5
NAMED = 3
"""Branches that one to-do names; of more it says how many."""
QUICK = (Activity.Kind.THEME_DAY, Activity.Kind.GENERAL, Activity.Kind.COMMITTEE, Activity.Kind.LECTURE)
SAID_OF_MANY = {
    "R13": "{n} 个党组织的任期已经届满，应换届",
    "R42": "在职党员 {n} 人还没有到社区报到",
    "R24": "预备党员 {n} 人预备期已满，应讨论转正",
    "R43": "{n} 个党组织有应建未建党组织的两新组织",
    "R44": "{n} 个党组织有两新组织没有党建指导员",
    "R45": "{n} 个党组织的阵地租期将到或者阵地不足",
    "R15": "{n} 个党组织有不合规定的表决或选举",
    "R17": "{n} 个党组织的支委会到会不足半数",
    "R19": "{n} 个党组织的会议记录逾期提交或内容不全",
    "L01": "{n} 名党员连续三次缺席组织生活，应谈话了解",
    "R54": "{n} 个党组织有群众诉求没有在期限内答复",
    "R40": "{n} 个社区没有召开党建联席会议",
    "R41": "{n} 个社区没有生效的共驻共建协议",
    "R46": "{n} 个社区没有自己的品牌项目",
    "R55": "{n} 个社区党务工作者流失偏多或者没有后备干部",
}
"""What a to-do says of several findings of these rules; of others it says the rule's title and how many."""


@dataclass(frozen=True)
class Mark:
    """A state in the table of branches, with the rows behind it."""

    state: str
    word: str
    url: str = ""


@dataclass(frozen=True)
class Line:
    """One branch this month."""

    branch: Organization
    marks: Sequence[tuple[str, Mark]]
    missed: int
    wanting: Duty | None


@dataclass
class Work:
    """A branch's line with what only the shown page needs."""

    line: Line
    name: str
    percent: Decimal | None
    percent_url: str
    enter_url: str


@dataclass(frozen=True)
class Step:
    """One of the first steps in an empty portal."""

    title: str
    about: str
    action: str
    url: str
    is_done: bool
    other: str = ""
    other_url: str = ""


@dataclass(frozen=True)
class Button:
    """One button of the quick entry."""

    label: str
    url: str


@require_GET
def workbench(request: HttpRequest) -> HttpResponse:
    """Show what is to be done in the chosen organisation; to those without records, the pages that are theirs."""
    user = request.user
    assert isinstance(user, User)
    organization: Organization | None = request.chosen_organization or None  # type: ignore[attr-defined]
    access = access_of(user)
    if organization is None:
        steps = first_steps(access, None, {}, False) if access.has(Right.IMPORT) else []
        return render(request, "reports/workbench_plain.html", {"steps": steps, "next": _next(steps)})
    day = Day(user, organization, request.chosen_period, timezone.localdate())  # type: ignore[attr-defined]
    refresh_if_changed(organization, day.quarter)
    page = Paginator(day.lines, ROWS).get_page(request.GET.get("page"))
    context = {
        "day": day,
        "todos": day.todos,
        "page": page,
        "rows": day.shown(list(page.object_list)),
        "quick": day.quick,
        "steps": day.steps,
        "next": _next(day.steps),
        "actions": day.actions,
    }
    return render(request, "reports/workbench.html", context)


def _next(steps: Iterable[Step]) -> Step | None:
    """Return the first step that is still to do."""
    return next((step for step in steps if not step.is_done), None)


def page_url(access: Access, view: str, *args: Any, **query: str) -> str:
    """Return the address of a page with a query string; empty where the user may not open it."""
    if not Item("", view, "").is_open_to(access):
        return ""
    return reverse(view, args=args) + (f"?{urlencode(query)}" if query else "")


class Day:
    """What the workbench shows of one organisation: the present month, or the last of a period that is over."""

    def __init__(self, user: User, organization: Organization, period: Period, today: date) -> None:
        self.user = user
        self.access = access_of(user)
        self.organization = organization
        self.today = today
        self.is_past = period.end < today
        self.month = period.months()[-1] if self.is_past else Period.containing(today)
        self.quarter = Period.containing(self.month.start, Period.QUARTER)
        self.book = Book(organization, self.quarter.months(), today)

    @property
    def present_url(self) -> str:
        """Address of the workbench of the running quarter; to go there is to choose it."""
        running = Period.containing(self.today, Period.QUARTER)
        return f"{reverse('reports:workbench')}?{urlencode({'period': running.code, CHOOSE: '1'})}"

    def within(self, branch: Organization) -> str:
        """Return a branch's name as it is said inside the organisation."""
        return name_within(branch, self.organization)

    def may(self, right: Right) -> bool:
        """Say whether the user has a right on the organisation."""
        return may(self.user, right, self.organization)

    # to-dos

    @property
    def todos(self) -> list[Todo]:
        """Everything to be done, the late first."""
        lines = [*self._missing(), *self._papers(), *self._findings(), *self._imports_waiting(), *self._development()]
        lines += [*self._letters(), *self._dues(), *self._talks(), *self._organizations()]
        lines += todos_of(self.organization, self.user, self.today)
        order = {"bad": 0, "warn": 1, "none": 2}
        return sorted(lines, key=lambda todo: order[todo.state])

    def _missing(self) -> list[Todo]:
        """Meetings that are late or due this month or quarter, one line for each kind and month."""
        settled = self._settled_by_people
        groups: dict[tuple[Duty, Period], list[Obligation]] = defaultdict(list)
        for one in self.book.of(self.quarter):
            begun = one.part.start <= self.today
            if begun and not one.is_met and (one.duty.rule, one.branch.pk, one.part.code) not in settled:
                groups[one.duty, one.part].append(one)
        return [self._missing_line(duty, part, owed) for (duty, part), owed in groups.items()]

    def _missing_line(self, duty: Duty, part: Period, owed: Sequence[Obligation]) -> Todo:
        when = f"{part.number}月" if part.kind == Period.MONTH else part.label.removeprefix(f"{part.year}年")
        word = "没有记录" if owed[0].is_due else "还没开"
        if self.organization.is_branch:
            text = f"{when}{duty.title}{word}"
        elif len(owed) <= NAMED:
            text = f"{'、'.join(self.within(one.branch) for one in owed)}：{when}{duty.title}{word}"
        else:
            text = f"{when}{duty.title}：{len(owed)} 个支部{word}"
        url = address(self.organization, self.quarter, kind=duty.kind) + "#matrix"
        if len(owed) == 1:
            url = self._enter_url(owed[0].branch, duty, part) or owed[0].url
        if owed[0].is_due:
            return Todo("bad", "逾期", text, url, f"逾期 {(self.today - part.end).days} 天")
        return Todo("warn", "本月" if part.kind == Period.MONTH else "本季", text, url, days_left(part.end, self.today))

    @cached_property
    def _settled_by_people(self) -> set[tuple[str, int, str]]:
        """(Rule, branch id, month or quarter) that the office has exempted or closed: nobody is asked for them."""
        decided = Finding.objects.of(self.quarter).filter(
            rule__in=[duty.rule for duty in DUTIES],
            state__in=[Finding.State.EXEMPTED, Finding.State.CLOSED],
            cleared=False,
            organization__in=[branch.pk for branch in self.book.branches],
        )
        return {
            (rule, branch, code)
            for rule, branch, codes in decided.values_list("rule", "organization_id", "months")
            for code in codes
        }

    def _enter_url(self, branch: Organization, duty: Duty, part: Period) -> str:
        """Return the address of the form for a meeting of a branch in a month or quarter, where the user may use it."""
        if not may(self.user, Right.ACTIVITIES_EDIT, branch):
            return ""
        return page_url(self.access, "activities:create", organization=branch.code, kind=duty.kind, month=part.code)

    def _papers(self) -> list[Todo]:
        """Minutes to finish, to put right or to confirm, of any time."""
        states = Activity.Status
        mine = self.access.scope(Right.ACTIVITIES_EDIT, "organization__path")
        to_confirm = self.access.scope(Right.ACTIVITIES_CONFIRM, "organization__path")
        wanted = {
            "returned": Q(status=states.RETURNED) & mine,
            "submitted": Q(status=states.SUBMITTED) & to_confirm,
            "draft": Q(status=states.DRAFT) & mine,
        }
        totals = {f"{name}_n": Count("pk", filter=condition) for name, condition in wanted.items()}
        oldest = {f"{name}_on": Min("date", filter=condition) for name, condition in wanted.items()}
        rows = Activity.objects.visible_to(self.user).under(self.organization)
        found = rows.exclude(status=states.CONFIRMED).order_by().aggregate(**totals, **oldest)
        said = {
            "returned": ("bad", "退回", "{} 份会议记录被退回，改好后重新提交"),
            "submitted": ("warn", "待审", "{} 份会议记录等待确认"),
            "draft": ("none", "草稿", "{} 份会议记录还没有提交"),
        }
        if not self.organization.is_branch:
            said["returned"] = ("none", "退回", "各支部有 {} 份被退回的会议记录还没有改")
        review = page_url(self.access, "activities:review")
        return [
            Todo(
                state,
                word,
                text.format(found[f"{name}_n"]),
                review if name == "submitted" and review else self._log(status=name),
                f"最早 {short(found[f'{name}_on'], self.today)}",
            )
            for name, (state, word, text) in said.items()
            if found[f"{name}_n"]
        ]

    def _log(self, **filters: str) -> str:
        """Return the address of the activities of any time with these filters."""
        return ledgers.get("activities").url(Query(self.organization, filters=filters)) + f"&period={EVER}"

    def _findings(self) -> list[Todo]:
        """What the rules found beside the meetings, rule by rule; deadlines that passed; the last quarter's."""
        waiting = Finding.objects.visible_to(self.user).under(self.organization).waiting()
        before = self.quarter.previous()
        # Terms that will run out are reminded of by months, see `_organizations`.
        here = waiting.of(self.quarter).exclude(rule__in=[*(duty.rule for duty in DUTIES), "R14"])
        by_rule = list(here.order_by().values_list("rule").annotate(n=Count("pk"), one=Max("pk")).order_by("rule"))
        single = {f.pk: f for f in Finding.objects.to_show().filter(pk__in=[pk for _, n, pk in by_rule if n == 1])}
        sums = waiting.order_by().aggregate(
            late=Count("pk", filter=Q(deadline__lt=self.today)),
            oldest=Min("deadline"),
            before=Count("pk", filter=Q(period=before.code, kind=Finding.Kind.MISSED)),
        )
        lines = []
        if sums["late"]:
            url = self._book(by="list", state=Finding.State.IN_HAND)
            text = f"{sums['late']} 条预警过了完成时限还没有销号"
            lines.append(Todo("bad", "逾期", text, url, f"最早 {short(sums['oldest'], self.today)}"))
        lines += [self._finding_line(rule, n, single.get(pk)) for rule, n, pk in by_rule]
        if sums["before"]:
            filters = {"state": "unclosed", "of": before.code}
            url = ledgers.get("findings").url(Query(self.organization, on=self.today, filters=filters))
            lines.append(Todo("none", "上季", f"{before.label}还有 {sums['before']} 条预警没有销号", url))
        return lines

    def _finding_line(self, code: str, count: int, one: Finding | None) -> Todo:
        rule = engine.get(code)
        serious = rule.severity == Severity.SERIOUS
        state, word = ("bad", "严重") if serious else ("warn", "预警")
        if one is not None:
            branch = "" if one.organization == self.organization else self.within(one.organization)
            whose = " ".join(name for name in (branch, one.member.name if one.member else "") if name)
            there = form_url(one, self.access) or one.get_absolute_url()
            return Todo(state, word, f"{whose}：{one.detail}" if whose else one.detail, there)
        text = SAID_OF_MANY.get(code, f"{{n}} 处不符合“{rule.title}”").format(n=count)
        return Todo(state, word, text, self._book(by="list", rule=code))

    def _book(self, **filters: str) -> str:
        return findings_url(self.organization, self.quarter, **filters)

    @cached_property
    def imports(self) -> list[dict[str, Any]]:
        """The user's latest imports."""
        if not self.access.has(Right.IMPORT):
            return []
        titles = {ledger.slug: ledger.title for ledger in ledgers.catalogue()}
        batches = ImportBatch.objects.visible_to(self.user).defer("content", "details", "undo", "mapping")
        return [
            {
                "batch": batch,
                "title": titles[batch.ledger],
                "url": reverse("ledgers:batch", args=[batch.ledger, batch.pk]),
            }
            for batch in batches[:IMPORTS_SHOWN]
            if batch.ledger in titles
        ]

    def _imports_waiting(self) -> list[Todo]:
        return [
            Todo("warn", "待导入", f"{each['batch'].filename} 已经核对，还没有确认导入", each["url"])
            for each in self.imports
            if each["batch"].state == ImportBatch.State.PREVIEWED
        ]

    def _letters(self) -> list[Todo]:
        """Letters of transfer that wait to be taken in."""
        letters = list(Transfer.objects.inbox_of(self.user).filter(self.organization.subtree("receiver__path")))
        if not letters:
            return []
        names = "、".join(letter.name for letter in letters[:NAMED])
        text = f"{names}{f'等 {len(letters)} 人' if len(letters) > NAMED else ''}的组织关系等待接收"
        url = letters[0].get_absolute_url() if len(letters) == 1 else page_url(self.access, "members:inbox")
        return [Todo("warn", "转接", text, url, f"最早 {short(letters[0].issued_on, self.today)}")]

    def _dues(self) -> list[Todo]:
        """Dues of months that are over and not paid; in a branch that collects them, the new month to begin with."""
        if not self.may(Right.MEMBERS_VIEW):
            return []
        waits = dues_waiting(self.user, self.organization, self.today)
        lines = []
        if waits.late or waits.older:
            said = [f"{waits.last.number}月党费还有 {waits.late} 人没有缴清"] if waits.late else []
            said += [f"以前月份的党费欠缴 {waits.older} 人月"] if waits.older else []
            lines.append(Todo("warn", "党费", "，".join(said), page_url(self.access, "members:dues-arrears")))
        if waits.is_next_due and self.organization.is_branch and self.may(Right.MEMBERS_EDIT):
            now = Period.containing(self.today)
            url = page_url(self.access, "members:dues-sheet", self.organization.code, now.code)
            lines.append(Todo("none", "党费", f"{now.number}月党费还没有生成应缴", url))
        return lines

    def _organizations(self) -> list[Todo]:
        """Terms that end within 3 and 6 months, temporary branches that should end."""
        return [
            Todo(each.state, each.word, each.text, each.url, short(each.day, self.today))
            for each in due_in_branches(self.user, self.organization, self.today)
        ]

    def _development(self) -> list[Todo]:
        """What is due within a month for people on the way into the Party; what is late the rules find."""
        if not self.may(Right.MEMBERS_VIEW):
            return []
        groups: dict[str, list[tuple[DevelopmentCase, date]]] = defaultdict(list)
        for case in due_in_development(self.user, self.organization, self.today):
            if case.due_on and case.due_on >= self.today:
                groups[case.due_step].append((case, case.due_on))
        ledger = ledgers.get("development")
        lines = []
        for code, due in groups.items():
            names = "、".join(case.name for case, _ in due[:NAMED])
            text = f"{names}{f'等 {len(due)} 人' if len(due) > NAMED else ''}：{STEPS[code].title}"
            everybody = ledger.url(Query(self.organization, filters={"due": "soon", "step": code}))
            url = due[0][0].get_absolute_url() if len(due) == 1 else everybody
            lines.append(Todo("warn", "发展党员", text, url, days_left(due[0][1], self.today)))
        return lines

    def _talks(self) -> list[Todo]:
        """What was promised in talks and is late or due within a week."""
        ahead = self.today + timedelta(days=7)
        count, first = due_talks(self.user, self.organization, ahead)
        if first is None:
            return []
        state, word = ("bad", "逾期") if first < self.today else ("warn", "谈话")
        url = ledgers.get("talks").url(Query(self.organization, filters={"follow-up": "open"})) + f"&period={EVER}"
        return [Todo(state, word, f"{count} 次谈话的后续事项要办结", url, f"最早 {short(first, self.today)}")]

    # branches

    @cached_property
    def lines(self) -> list[Line]:
        """Every branch with its state this month, those with the most missing first."""
        owed: dict[int, dict[Duty, list[Obligation]]] = defaultdict(lambda: defaultdict(list))
        for one in self.book.of(self.quarter):
            owed[one.branch.pk][one.duty].append(one)
        lines = [self._line(branch, owed[branch.pk]) for branch in self.book.branches]
        return sorted(lines, key=lambda line: -line.missed)

    def _line(self, branch: Organization, owed: Mapping[Duty, list[Obligation]]) -> Line:
        marks = [(duty.short, self._mark(branch, duty, owed.get(duty, []))) for duty in DUTIES]
        wanting = [duty for duty in DUTIES if any(o.is_missed or self._runs_out(o) for o in owed.get(duty, ()))]
        missed = sum(one.is_missed for group in owed.values() for one in group)
        return Line(branch, marks, missed, wanting[0] if wanting else None)

    def _runs_out(self, one: Obligation) -> bool:
        return not one.is_met and one.part.start <= self.today <= one.part.end

    def _mark(self, branch: Organization, duty: Duty, owed: Sequence[Obligation]) -> Mark:
        now = next((one for one in owed if self.month.start in one.part), None)
        if now is None:
            return Mark("none", "不要求")
        quarterly = duty.every == Period.QUARTER
        if missed := [one for one in owed if one.is_missed]:
            months = "、".join(str(one.part.number) for one in missed)
            return Mark("bad", "本季缺" if quarterly else f"缺 {months} 月", duty.url(branch, self.quarter))
        if now.is_met:
            return Mark("ok", f"已开 {now.held}/{now.required}", now.url)
        if now.held:
            return Mark("warn", f"已开 {now.held}/{now.required}", now.url)
        return Mark("warn", "本季未开" if quarterly else "本月未开", now.url)

    def shown(self, lines: Sequence[Line]) -> list[Work]:
        """Return the lines of a page with the attendance of the month and what can be done."""
        numbers = facts.of_each([line.branch.pk for line in lines], self.month)
        present = facts.get("attendance.present")
        return [
            Work(
                line=line,
                name=self.within(line.branch),
                percent=percent_of(numbers[line.branch.pk]),
                percent_url=present.url(line.branch, self.month),
                enter_url=self._enter_url(line.branch, line.wanting, self.month) if line.wanting else "",
            )
            for line in lines
        ]

    # doing

    @cached_property
    def actions(self) -> list[Button]:
        """The buttons beside the title, the primary one first."""
        upload = page_url(self.access, "activities:upload")
        offered = [
            Button("上传会议记录", upload if self.may(Right.ACTIVITIES_EDIT) else ""),
            Button("导入 Excel", page_url(self.access, "ledgers:catalogue") if self.may(Right.IMPORT) else ""),
            Button("看板", page_url(self.access, "reports:dashboard")),
        ]
        return [button for button in offered if button.url]

    @cached_property
    def quick(self) -> list[Button]:
        """Forms for what is entered most, and in a branch last month's activities to copy."""
        if not self.may(Right.ACTIVITIES_EDIT) or not page_url(self.access, "activities:create"):
            return []
        where = {"organization": self.organization.code} if self.organization.is_branch else {}
        buttons = [
            Button(kind.label, page_url(self.access, "activities:create", kind=kind.value, **where)) for kind in QUICK
        ]
        if heard := page_url(self.access, "activities:concern-create"):
            buttons.append(Button("登记群众诉求", heard))
        if self.organization.is_branch:
            month = {"branch": self.organization.code, "month": self.month.code}
            buttons.insert(0, Button("整月录入", page_url(self.access, "activities:month", **month)))
            buttons += [
                Button(
                    f"复制 {activity.date.month}月{activity.date.day}日 {activity.get_kind_display()}",
                    page_url(self.access, "activities:create", copy=str(activity.pk)),
                )
                for activity in self._last_month
            ]
        return buttons

    @property
    def _last_month(self) -> list[Activity]:
        """The latest activity of each kind of the branch last month."""
        held = Activity.objects.visible_to(self.user).filter(organization=self.organization)
        latest: dict[str, Activity] = {}
        for activity in held.held_in(self.month.previous()).only("date", "kind").order_by("date", "pk"):
            latest[activity.kind] = activity
        return list(latest.values())

    @cached_property
    def steps(self) -> list[Step]:
        """The first steps, as long as organisations, members or activities are missing, for who may import."""
        if not self.may(Right.IMPORT):
            return []
        numbers = facts.of(self.organization, self.month)
        held = Activity.objects.under(self.organization).exists()
        if numbers["orgs.branches"] and numbers["members.total"] and held:
            return []
        return first_steps(self.access, self.user, numbers, held)


def first_steps(access: Access, user: User | None, numbers: Mapping[str, Any], held: bool) -> list[Step]:
    """Return the way from an empty portal to a full one."""
    steps = [
        Step(
            "导入党组织名册",
            "街道、社区、党支部先有了，别的才有地方放。",
            "导入名册",
            page_url(access, "ledgers:import", "organizations"),
            bool(numbers.get("orgs.branches")),
            "下载空白模板",
            page_url(access, "ledgers:template", "organizations"),
        ),
        Step(
            "导入党员花名册",
            "现有的 Excel 花名册可以直接传，表头不一样也能认。",
            "导入花名册",
            page_url(access, "ledgers:import", "members"),
            bool(numbers.get("members.total")),
            "下载空白模板",
            page_url(access, "ledgers:template", "members"),
        ),
        Step(
            "录入组织生活",
            "导入活动台账，或者上传会议记录，系统读出来您来确认。",
            "导入台账",
            page_url(access, "ledgers:import", "activities"),
            held,
            "上传会议记录",
            page_url(access, "activities:upload"),
        ),
        Step(
            "给社区和支部开账号",
            "让社区书记、支部书记自己录入，街道只管确认。",
            "开账号",
            page_url(access, "accounts:create"),
            user is not None and Posting.objects.exclude(user=user).exists(),
        ),
    ]
    return [step for step in steps if step.url]


def short(day: date, today: date) -> str:
    """Return a date as people say it: 8月12日, with the year where it is another."""
    return f"{day.month}月{day.day}日" if day.year == today.year else f"{day.year}年{day.month}月{day.day}日"
