"""The investigation report as a record: a draft that people edit, and the snapshot that was signed off."""

import hashlib
import json

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
from reports.investigation.edits import Composed


class InvestigationReportQuerySet(ScopedQuerySet["InvestigationReport"]):
    right = Right.REPORTS_VIEW


class StatementEditQuerySet(ScopedQuerySet["StatementEdit"]):
    path = "report__organization__path"
    right = Right.REPORTS_BUILD


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
    built = models.JSONField("内容", default=dict)
    built_at = models.DateTimeField("生成时间", null=True)
    signed_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, editable=False, related_name="+", verbose_name="签发人"
    )
    signed_at = models.DateTimeField("签发时间", null=True, editable=False)

    UNTRACKED = (*Record.UNTRACKED, "built")

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
    def drafted(cls, organization: Organization, period: Period) -> "InvestigationReport":
        """Return the draft for an organisation and a period, written anew from the data of this moment."""
        drafts = cls.objects.filter(organization=organization, period=period.code, state=cls.State.DRAFT)
        if draft := drafts.select_for_update(no_key=True).first():
            return draft.rebuild()
        try:
            with atomic():
                return cls(organization=organization, period=period.code).rebuild()
        except IntegrityError:  # somebody else pressed the button in the same moment
            return drafts.get()

    def rebuild(self) -> "InvestigationReport":
        """Write the draft anew. Edits stay; where their data have changed, `composed.changes` asks."""
        self._refuse_if_signed()
        written = build(self.organization, self.when)
        self.built, self.built_at = snapshot.dump(written), written.made_at
        self.__dict__.pop("content", None)
        self.__dict__.pop("composed", None)
        return self.record("build-report")

    @atomic
    def edit(self, key: str, text: str, version: int | None = None) -> "StatementEdit | None":
        """Put a person's words in the place of a statement; the built words themselves take the edit back.

        `version` is that of the edit which the person saw, 0 for none. Raises Conflict where another one is there
        now, ValueError with a Chinese message where there is no such statement.
        """
        self._refuse_if_signed()
        held = self.edits.filter(key=key).first()
        found = editing.statement_in(self.content, key)
        if found is None and held is None:
            raise ValueError("报告里已经没有这一段，请刷新后再改")
        if held is not None and text == held.text:
            return held
        if version is not None:
            _refuse_if_stale(held, version)
        if found is not None and text == found[0].text:
            if held is not None:
                held.erase()
            return None
        edit = held or StatementEdit(report=self, key=key)
        edit.text = text
        edit.figures = []
        if found is not None:
            statement, (edit.section, edit.topic) = found
            woven = editing.weave(text, statement.figures())
            edit.figures = [editing.quoted(part) for part in woven if not isinstance(part, str)]
        edit.record("edit-report")
        return edit

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
            statement = found[0]
            if take_new:
                edit.text = editing.with_new_numbers(edit, statement)
            now = {(figure.code, figure.url): figure for figure in statement.figures()}
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
        self.__dict__.pop("content", None)
        self.__dict__.pop("composed", None)
        return self.record("sign-off")

    def _refuse_if_signed(self) -> None:
        if not self.is_draft:
            raise ValueError("这份报告已经签发，不能再改；需要更正请重新生成一份")


class StatementEdit(Record):
    """What a person has made of one statement of a draft, with the figures that it quotes as they were then."""

    report = models.ForeignKey(InvestigationReport, models.CASCADE, related_name="edits", verbose_name="报告")
    key = models.CharField("段落", max_length=80)
    text = models.TextField("内容", max_length=5000)
    figures = models.JSONField("引用的数据", default=list)
    section = models.PositiveSmallIntegerField(default=0)
    topic = models.CharField(max_length=100, blank=True)

    UNTRACKED = (*Record.UNTRACKED, "figures", "section", "topic")

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
