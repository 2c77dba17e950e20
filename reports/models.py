"""The investigation report as a record: its outline, a draft that people edit, and the snapshot that was signed."""

import hashlib
import json
from typing import Any

from django.db import IntegrityError, models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.acting import current_actor
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.models import Record
from ledgers.models.record import Conflict
from ledgers.period import Period
from ledgers.scope import ScopedQuerySet
from reports.document import Report
from reports.investigation import edits as editing
from reports.investigation import snapshot
from reports.investigation.building import build
from reports.investigation.edits import FIRST, OWN, Composed
from reports.investigation.outline import DEFAULT, Outline, from_plain
from reports.investigation.saying import LENGTHS


class InvestigationReportQuerySet(ScopedQuerySet["InvestigationReport"]):
    right = Right.REPORTS_VIEW


class StatementEditQuerySet(ScopedQuerySet["StatementEdit"]):
    path = "report__organization__path"
    right = Right.REPORTS_BUILD


class ReportOutlineQuerySet(ScopedQuerySet["ReportOutline"]):
    right = Right.REPORTS_BUILD


class ReportOutline(Record):
    """One version of a street's outline (提纲). The last one counts; without any the office's own does."""

    DATED = False

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="outlines", verbose_name="党组织")
    number = models.PositiveIntegerField("版本")
    content = models.JSONField("提纲")

    UNTRACKED = (*Record.UNTRACKED, "content")

    objects = ReportOutlineQuerySet.as_manager()

    class Meta:
        verbose_name = "报告提纲"
        ordering = ["organization__path", "-number"]
        constraints = [models.UniqueConstraint(fields=["organization", "number"], name="one_outline_per_number")]

    def __str__(self) -> str:
        return f"{self.organization} 报告提纲第 {self.number} 版"

    @classmethod
    def latest(cls, organization: Organization) -> "ReportOutline | None":
        """Return the outline in force for an organisation: its own last one, or that of the nearest one above."""
        steps = range(organization.steplen, len(organization.path) + 1, organization.steplen)
        paths = [organization.path[:end] for end in steps]
        found = cls.objects.filter(organization__path__in=paths).select_related("organization")
        return found.order_by("-organization__depth", "-number").first()

    @classmethod
    @atomic
    def kept(cls, organization: Organization, content: dict[str, Any]) -> "ReportOutline":
        """Keep the next version of an organisation's outline."""
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        last = cls.objects.filter(organization=organization).order_by("-number").first()
        version = cls(organization=organization, number=last.number + 1 if last else 1, content=content)
        version.record("edit-outline")
        return version

    @classmethod
    def in_force(cls, organization: Organization) -> Outline:
        """Return the outline that an organisation's report follows."""
        latest = cls.latest(organization)
        return from_plain(latest.content) if latest else DEFAULT


class InvestigationReport(Record):
    """One report on one organisation in one period. There is one draft of it; what was signed stays as it was.

    `built` is the report as the system wrote it, or, once signed, the snapshot with every edit in it. Raises
    ValueError with a Chinese message where a signed report is to be changed.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        SIGNED = "signed", "已签发"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="reports", verbose_name="党组织")
    period = models.CharField("时期", max_length=7)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    length = models.CharField("篇幅", max_length=8, choices=list(LENGTHS.items()), default="standard")
    built = models.JSONField("内容", default=dict)
    changed = models.JSONField("重新生成后的变动", default=dict)
    built_at = models.DateTimeField("生成时间", null=True)
    signed_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, editable=False, related_name="+", verbose_name="签发人"
    )
    signed_at = models.DateTimeField("签发时间", null=True, editable=False)

    UNTRACKED = (*Record.UNTRACKED, "built", "changed")

    objects = InvestigationReportQuerySet.as_manager()

    class Meta:
        verbose_name = "调研报告"
        ordering = ["-period", "organization__path", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "period"], condition=Q(state="draft"), name="one_draft_per_period"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", signed_at=None) | Q(state="signed", signed_at__isnull=False),
                name="report_signed_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.when.label}调研报告"

    def get_absolute_url(self) -> str:
        return reverse("reports:investigation-detail", args=[self.pk])

    @property
    def when(self) -> Period:
        """The period."""
        return Period.parse(self.period)

    @property
    def is_draft(self) -> bool:
        """Whether it may still be changed."""
        return self.state == self.State.DRAFT

    @cached_property
    def content(self) -> Report:
        """The report as it was built, without edits; of a signed one, as it was signed."""
        return snapshot.load(self.built)

    @cached_property
    def composed(self) -> Composed:
        """The report with its edits, and where data have changed under them."""
        if not self.is_draft:
            return Composed(self.content, ())
        return editing.compose(self.content, {edit.key: edit for edit in self.edits.all()})

    @property
    def digest(self) -> str:
        """A short name of what the report says now: two of them are equal where not a character differs."""
        text = json.dumps(snapshot.dump(self.composed.report), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @classmethod
    @atomic
    def drafted(cls, organization: Organization, period: Period, length: str | None = None) -> "InvestigationReport":
        """Return the draft for an organisation and a period, written anew from the data of this moment.

        `length` is brief, standard or full; that which the draft had where it is left out.
        """
        drafts = cls.objects.filter(organization=organization, period=period.code, state=cls.State.DRAFT)
        if draft := drafts.select_for_update(no_key=True).first():
            return draft.rebuild(length)
        try:
            with atomic():
                return cls(organization=organization, period=period.code).rebuild(length)
        except IntegrityError:  # somebody else pressed the button in the same moment
            return drafts.get()

    def rebuild(self, length: str | None = None) -> "InvestigationReport":
        """Write the draft anew. Edits stay; where their data have changed, `composed.changes` asks.

        `changed` then holds key → the words of before, of each paragraph that reads otherwise now; "" of a new one.
        """
        self._refuse_if_signed()
        before = {one.key: one.text for one in self.content.statements()} if self.built else None
        self.length = length or self.length
        outline = ReportOutline.in_force(self.organization)
        written = build(self.organization, self.when, length=self.length, outline=outline)
        self.built, self.built_at = snapshot.dump(written), written.made_at
        self._forget()
        if before is not None:
            now = {one.key: one.text for one in self.content.statements()}
            self.changed = {key: before.get(key, "") for key, text in now.items() if before.get(key) != text}
            self.changed |= {key: text for key, text in before.items() if key not in now}
        return self.record("build-report")

    def _forget(self) -> None:
        """Let what was read of the content be read anew."""
        self.__dict__.pop("content", None)
        self.__dict__.pop("composed", None)

    @atomic
    def edit(self, key: str, text: str, version: int | None = None, merged: str = "") -> "StatementEdit | None":
        """Put a person's words in the place of a statement; the built words themselves take the edit back.

        `version` is that of the edit which the person saw, 0 for none. Raises Conflict where another one is there
        now, ValueError with a Chinese message where there is no such statement.
        """
        self._refuse_if_signed()
        held = self.edits.filter(key=key).first()
        found = editing.statement_in(self.content, key)
        if found is None and held is None:
            raise ValueError("报告里已经没有这一段，请刷新后再改")
        if held is not None and text == held.text and not held.dropped:
            return held
        if version is not None:
            _refuse_if_stale(held, version)
        if found is not None and text == found[0].text and not (held and held.after):
            if held is not None:
                held.erase()
            return None
        edit = held or StatementEdit(report=self, key=key)
        edit.text = "" if found is not None and text == found[0].text else text
        edit.dropped = False
        edit.merged = merged or edit.merged
        edit.figures = []
        if found is not None:
            edit.place = found[1]
            woven = editing.weave(text, editing.figures_for(self.content, edit))
            edit.figures = [editing.quoted(part) for part in woven if not isinstance(part, str)]
        edit.record("edit-report")
        return edit

    @atomic
    def drop(self, key: str) -> None:
        """Leave a paragraph out; `edit` with its own words brings it back. One that a person added is gone."""
        self._refuse_if_signed()
        held, found = self.edits.filter(key=key).first(), editing.statement_in(self.content, key)
        if found is None and held is not None:
            held.erase()
            return
        if found is None:
            raise ValueError("报告里已经没有这一段，请刷新后再改")
        edit = held or StatementEdit(report=self, key=key, text="")
        edit.dropped, edit.place = True, found[1]
        edit.record("edit-report")

    @atomic
    def bring_back(self, key: str) -> None:
        """Take a paragraph that was left out into the report again, as it was."""
        self._refuse_if_signed()
        edit = self.edits.filter(key=key, dropped=True).first()
        if edit is not None and not edit.text and not edit.after:
            edit.erase()
        elif edit is not None:
            edit.dropped = False
            edit.record("edit-report")

    @atomic
    def move(self, key: str, *, up: bool) -> None:
        """Move a paragraph one place within its heading."""
        self._refuse_if_signed()
        keys = editing.siblings(self.composed.report, key)
        if key not in keys:
            raise ValueError("报告里已经没有这一段，请刷新后再改")
        place = keys.index(key) + (-1 if up else 1)
        if not 0 <= place < len(keys):
            return
        # Who is passed over is put behind the one that moves, so that the order is told by one edit.
        mover, passed = (key, keys[place]) if up else (keys[place], key)
        before = keys.index(passed)
        self._placed(mover, keys[before - 1] if before else FIRST)
        self._placed(passed, mover)

    def _placed(self, key: str, after: str) -> None:
        found, held = editing.statement_in(self.composed.report, key), self.edits.filter(key=key).first()
        edit = held or StatementEdit(report=self, key=key, text="", place=found[1] if found else "")
        edit.after = after
        edit.record("edit-report")

    @atomic
    def add(self, after: str, text: str) -> "StatementEdit":
        """Add a paragraph of one's own behind another one."""
        self._refuse_if_signed()
        found = editing.statement_in(self.composed.report, after)
        if found is None:
            raise ValueError("报告里已经没有这一段，请刷新后再改")
        taken = [edit.key for edit in self.edits.all() if edit.key.startswith(OWN)]
        number = 1 + max((int(key.removeprefix(OWN)) for key in taken), default=0)
        edit = StatementEdit(report=self, key=f"{OWN}{number}", text=text, place=found[1], after=after)
        edit.record("edit-report")
        return edit

    @atomic
    def merge(self, key: str) -> None:
        """Put a paragraph and the next one of its heading together."""
        self._refuse_if_signed()
        report = self.composed.report
        keys = editing.siblings(report, key)
        place = keys.index(key) + 1 if key in keys else 0
        if not 0 < place < len(keys):
            raise ValueError("后面没有可以合并的一段")
        texts = {one.key: one for one in report.statements()}
        self.edit(key, texts[key].text + texts[keys[place]].text, merged=keys[place])
        self.drop(keys[place])

    @atomic
    def take_proposal(self, key: str, clause: str) -> None:
        """Take a proposed clause into a paragraph. Raises ValueError where it was not proposed."""
        said = next((one for one in self.composed.report.statements() if one.key == key), None)
        if said is None or clause not in said.proposals:
            raise ValueError("没有这条建议，请刷新后再看")
        if clause not in said.text:
            self.edit(key, f"{said.text.rstrip('。')}；{clause}。")

    @atomic
    def settle(self, key: str, *, take_new: bool) -> None:
        """Answer what `composed.changes` asks: take the new data into the edited text, or leave the text as it is.

        Where the statement is not built any more, taking the new data drops the edit.
        """
        self._refuse_if_signed()
        edit = self.edits.filter(key=key).first()
        if edit is None:
            return
        found = editing.statement_in(self.content, key)
        if found is None:
            if take_new:
                edit.erase()
                return
            edit.figures = []
        else:
            figures = editing.figures_for(self.content, edit)
            if take_new:
                edit.text = editing.with_new_numbers(edit, figures)
            now = {(figure.code, figure.url): figure for figure in figures}
            known = [now.get((one["code"], one["url"])) for one in edit.figures]
            edit.figures = [editing.quoted(figure) for figure in known if figure is not None]
        edit.record("edit-report")

    @atomic
    def sign(self) -> "InvestigationReport":
        """Sign the draft off in the acting user's name: freeze it with its edits.

        Raises ValueError with a Chinese message while data have changed under an edit, or where it is signed already.
        """
        self._refuse_if_signed()
        if self.composed.changes:
            raise ValueError(f"还有 {len(self.composed.changes)} 处改过的内容数据有变，请先逐处选择，再签发")
        user, now = current_actor(), timezone.now()
        frozen = snapshot.dump(self.composed.report)
        name = (user.name or user.username) if user else ""
        self.built = frozen | {
            "draft": False,
            "signed_by": name,
            "signed_on": timezone.localdate(now).isoformat(),
        }
        self.state, self.signed_by, self.signed_at = self.State.SIGNED, user, now
        self._forget()
        return self.record("sign-off")

    def _refuse_if_signed(self) -> None:
        if not self.is_draft:
            raise ValueError("这份报告已经签发，不能再改；需要更正请重新生成一份")


class StatementEdit(Record):
    """What a person has made of one statement of a draft, with the figures that it quotes as they were then."""

    report = models.ForeignKey(InvestigationReport, models.CASCADE, related_name="edits", verbose_name="报告")
    key = models.CharField("段落", max_length=80)
    text = models.TextField("内容", max_length=5000, blank=True)
    """ "" where it was only moved or left out."""
    figures = models.JSONField("引用的数据", default=list)
    place = models.CharField(max_length=80, blank=True)
    dropped = models.BooleanField("不写入", default=False)
    after = models.CharField("排在其后", max_length=80, blank=True)
    merged = models.CharField("并入的一段", max_length=80, blank=True)

    UNTRACKED = (*Record.UNTRACKED, "figures", "place")

    objects = StatementEditQuerySet.as_manager()

    class Meta:
        verbose_name = "报告改动"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["report", "key"], name="one_edit_per_statement")]

    def __str__(self) -> str:
        return f"{self.report} {self.key}"

    def audit_path(self) -> str:
        return self.report.organization.path


def _refuse_if_stale(held: StatementEdit | None, version: int) -> None:
    """Raise Conflict where the edit is another one than the person saw."""
    if (held.version if held else 0) != version:
        who = held.updated_by.name if held and held.updated_by else "其他人"
        raise Conflict(f"{who}刚刚改了这一段。您写的内容还在下面，请对照最新内容核对后再保存一次。")
