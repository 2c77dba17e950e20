"""发展党员: one case for each person on the way into the Party, with the steps taken and the votes counted."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.recording import record_all
from ledgers.scope import ScopedQuerySet
from members.development import procedure
from members.development.procedure import BY_CODE, REPEATED, Progress, Standing, VoteKind

from .register import CITIZEN_ID, PHONE, Education, Gender, Member, derived, mask_id, mask_phone

DERIVED = ("gender", "birth_date", "pinyin", "initials", "id_number_index", "phone_index")
FOLLOWED = ("activist_on", "candidate_on", "admitted_on", "regularised_on", "due_step", "due_on")
"""Fields of a case that follow from its steps."""


def reached(field: str, day: date) -> Q:
    """Return the condition that the day in a field has come."""
    return Q(**{f"{field}__lte": day})


def here_by(day: date) -> Q:
    """Return the condition that a case had come to its branch by a day."""
    return Q(since__isnull=True) | Q(since__lte=day)


def under_way(day: date) -> Q:
    """Return the condition that a case was open on a day: applied by then, neither ended nor regularised by then."""
    return (
        Q(applied_on__lte=day)
        & here_by(day)
        & (Q(closed_on__isnull=True) | Q(closed_on__gt=day))
        & (Q(regularised_on__isnull=True) | Q(regularised_on__gt=day))
    )


def standing_on(standing: str, day: date) -> Q:
    """Return the condition that a person had this standing on a day: the last one that had come by then."""
    fields = ("activist_on", "candidate_on", "admitted_on", "regularised_on")
    order = [choice.value for choice in Standing]
    place = order.index(standing)
    condition = Q(applied_on__lte=day) if place == 0 else reached(fields[place - 1], day)
    for later in fields[place:]:
        condition &= Q(**{f"{later}__isnull": True}) | Q(**{f"{later}__gt": day})
    return condition


class DevelopmentQuerySet(ScopedQuerySet["DevelopmentCase"]):
    path = "branch__path"
    right = Right.MEMBERS_VIEW

    def under_way(self, day: date) -> Self:
        """Keep the cases that were open on a day."""
        return self.filter(under_way(day))

    def with_citizen_id(self, number: str) -> Self:
        """Keep whose ID this is, found through the blind index."""
        return self.filter(id_number_index=CITIZEN_ID.of(number))

    def due_by(self, day: date) -> Self:
        """Keep the open cases of which something has its last day by then."""
        return self.filter(due_on__lte=day, closed_on__isnull=True)

    def whole(self) -> Self:
        """Keep each person's case as it goes on, without what was left behind in other branches."""
        return self.filter(continued_by__isnull=True)

    def open_on(self, day: date) -> Self:
        """Keep each person's case that is neither ended nor through with everything before a day."""
        open_then = Q(closed_on__isnull=True) | Q(closed_on__gt=day)
        return self.whole().filter(open_then, Q(regularised_on__isnull=True) | Q(regularised_on__gte=day))

    @atomic
    def carry_on(self, target: Organization, on: date, why: str) -> int:
        """Let the cases that are open on a day go on in another branch from it, and return how many.

        What lies before the day is left behind in the old branch, ended there with `why`, so that past numbers stay.
        """
        cases = list(self.open_on(on).exclude(branch=target).select_related("branch"))
        left = left_behind(cases, on, why)
        for case in cases:
            case.branch = target
            if case.pk in left:
                case.since = on
        record_all(cases, "move")
        record_all(list(left.values()), "close")
        steps = steps_left(left, on)
        DevelopmentStep.objects.bulk_create(steps.values(), batch_size=500)
        DevelopmentVote.objects.bulk_create(votes_left(steps), batch_size=500)
        return len(cases)


class DevelopmentCase(Record):
    """One person on the way into the Party, in one branch.

    The days of each standing and what is due next repeat the steps, so that counting needs no join; `settle` sees
    to that.
    A person who goes to another branch takes the case along, in that branch `since` then; a copy of what lies before
    is left behind in the old branch, `continued_by` the case, so that past numbers stay.
    """

    SENSITIVE = ("id_number", "phone", "id_number_index", "phone_index")
    UNTRACKED = (*Record.UNTRACKED, "id_number_index", "phone_index", "pinyin", "initials", "due_step", "due_on")

    name = models.CharField("姓名", max_length=60)
    pinyin = models.CharField("拼音", max_length=120, editable=False)
    initials = models.CharField("拼音首字母", max_length=30, editable=False)
    gender = models.CharField("性别", max_length=6, choices=Gender, blank=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    id_number = EncryptedTextField("身份证号", index=CITIZEN_ID)
    id_number_index = models.CharField(max_length=32, editable=False, db_index=True)
    phone = EncryptedTextField("联系电话", blank=True, index=PHONE)
    phone_index = models.CharField(max_length=32, editable=False, blank=True, db_index=True)
    education = models.CharField("学历", max_length=12, choices=Education, blank=True)
    workplace = models.CharField("工作单位及职务", max_length=120, blank=True)
    branch = models.ForeignKey(Organization, models.PROTECT, related_name="developments", verbose_name="所在党支部")
    applied_on = models.DateField("申请入党日期")
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, editable=False, related_name="developments", verbose_name="党员"
    )
    activist_on = models.DateField("确定为积极分子", null=True, editable=False)
    candidate_on = models.DateField("确定为发展对象", null=True, editable=False)
    admitted_on = models.DateField("接收为预备党员", null=True, editable=False)
    regularised_on = models.DateField("转正", null=True, editable=False)
    due_step = models.CharField("应办事项", max_length=30, blank=True, editable=False)
    due_on = models.DateField("应办日期", null=True, editable=False)
    closed_on = models.DateField("终止日期", null=True, blank=True)
    closed_reason = models.CharField("终止原因", max_length=200, blank=True)
    since = models.DateField("转入本支部", null=True, editable=False)
    continued_by = models.ForeignKey(
        "self", models.CASCADE, null=True, editable=False, related_name="left", verbose_name="接着办的"
    )
    remarks = models.CharField("备注", max_length=300, blank=True)

    objects = DevelopmentQuerySet.as_manager()

    class Meta:
        verbose_name = "发展党员"
        ordering = ["branch__path", "applied_on", "pk"]
        indexes = [models.Index(fields=["branch", "applied_on"]), models.Index(fields=["due_on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True, closed_reason="")
                | (Q(closed_on__gte=F("applied_on")) & ~Q(closed_reason="")),
                name="development_closed_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("members:development-detail", args=[self.pk])

    def audit_path(self) -> str:
        return self.branch.path

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.branch_id, self.applied_on, True)

    @property
    def masked_id(self) -> str:
        """The ID as screens show it."""
        return mask_id(self.id_number)

    @property
    def masked_phone(self) -> str:
        """The phone as screens show it."""
        return mask_phone(self.phone)

    @property
    def standing(self) -> Standing:
        """What the person is called now."""
        days = (self.regularised_on, self.admitted_on, self.candidate_on, self.activist_on)
        order = list(Standing)
        return next((order[4 - place] for place, day in enumerate(days) if day), Standing.APPLICANT)

    @property
    def due(self) -> procedure.Step | None:
        """The step that is due first."""
        return BY_CODE.get(self.due_step)

    def derive(self) -> None:
        """Fill what follows from the ID and the name."""
        found = derived(self.name, self.id_number, self.phone, self.birth_date, self.gender)
        for name in DERIVED:
            setattr(self, name, found[name])

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.derive()
        super().save(*args, **kwargs)

    def follow(self, steps: Iterable["DevelopmentStep"]) -> Progress:
        """Set what follows from the steps on record, and return them as progress."""
        progress = progress_of(self, steps)
        self.activist_on, self.candidate_on = progress.last("activist"), progress.last("candidate")
        approved = "admission-approval" in progress.taken
        self.admitted_on = progress.last("admission") if approved else None
        confirmed = approved and "regularisation-approval" in progress.taken
        self.regularised_on = progress.last("regularisation") if confirmed else None
        due = None if self.closed_on or self.regularised_on else procedure.first_due(progress)
        self.due_on, self.due_step = (due[0], due[1].code) if due else (None, "")
        return progress

    @atomic
    def settle(self, action: str = "") -> "DevelopmentCase":
        """Record the case as its steps have it, and let the register of members follow.

        Once the admission is approved the person enters the register as probationary, from the day of the general
        meeting; once the regularisation is approved they are a full member from the day of that meeting.
        """
        held = type(self).objects.filter(pk=self.pk).first()
        admitted, regularised = (held.admitted_on, held.regularised_on) if held else (None, None)
        self.follow(self.steps.all() if self.pk else ())
        if self.member is None and self.admitted_on:
            twin = Member.objects.filter(branch=self.branch).live().with_citizen_id(self.id_number).first()
            self.member = twin or self.as_member().enter()
        member = self.member
        if member is not None:
            if self.admitted_on and self.admitted_on != admitted and member.joined_on in (None, admitted):
                member.joined_on = self.admitted_on
            if self.regularised_on != regularised and member.regularised_on == regularised:
                member.regularised_on = self.regularised_on
                member.category = Member.Category.FULL if self.regularised_on else Member.Category.PROBATIONARY
            member.amend()
        self.record(action)
        type(self).objects.filter(pk=self.pk).update(due_on=self.due_on, due_step=self.due_step)  # no news by itself
        return self

    def as_member(self) -> Member:
        """Return the unsaved probationary member whom this case leads to."""
        return Member(
            name=self.name,
            gender=self.gender,
            birth_date=self.birth_date,
            id_number=self.id_number,
            phone=self.phone,
            education=self.education,
            workplace=self.workplace,
            branch=self.branch,
            category=Member.Category.PROBATIONARY,
            joined_on=self.admitted_on,
        )

    def close(self, on: date, reason: str) -> "DevelopmentCase":
        """End the case on a day, with a reason; what is on record stays."""
        self.closed_on, self.closed_reason = on, reason
        return self.settle("close")

    def left_behind(self, on: date, why: str) -> "DevelopmentCase":
        """Return the unsaved copy of the case that ends on a day, with what had come by then."""
        copy = DevelopmentCase(**_copied(self))
        copy.branch, copy.continued_by = self.branch, self
        copy.closed_on, copy.closed_reason = on, why
        copy.due_on, copy.due_step = None, ""
        for name in ("activist_on", "candidate_on", "admitted_on", "regularised_on"):
            if (day := getattr(self, name)) and day >= on:
                setattr(copy, name, None)
        return copy

    def reopen(self) -> "DevelopmentCase":
        """Go on with a case that was ended."""
        self.closed_on, self.closed_reason = None, ""
        return self.settle("reopen")


def _copied(row: models.Model) -> dict[str, Any]:
    """Return what a copy of a row holds: all but its key, and who changed it when."""
    left_out = {row._meta.pk.name, *Record.UNTRACKED}
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in left_out}


def left_behind(cases: Iterable[DevelopmentCase], on: date, why: str) -> dict[int, DevelopmentCase]:
    """Return case → the unsaved copy that stays in its branch, of those that had come to it before a day."""
    return {case.pk: case.left_behind(on, why) for case in cases if (case.since or case.applied_on) < on}


def steps_left(left: Mapping[int, DevelopmentCase], on: date) -> dict[int, "DevelopmentStep"]:
    """Return step → its unsaved copy for the saved copies of cases, of what was done before a day."""
    done = DevelopmentStep.objects.filter(case__in=left, on__lt=on).order_by("pk")
    return {step.pk: DevelopmentStep(**{**_copied(step), "case_id": left[step.case_id].pk}) for step in done}


def votes_left(steps: Mapping[int, "DevelopmentStep"]) -> list["DevelopmentVote"]:
    """Return the unsaved copies of votes, for the saved copies of steps."""
    votes = DevelopmentVote.objects.filter(step__in=steps).order_by("pk")
    return [DevelopmentVote(**{**_copied(vote), "step_id": steps[vote.step_id].pk}) for vote in votes]


def progress_of(case: DevelopmentCase, steps: Iterable["DevelopmentStep"]) -> Progress:
    """Return what is on record of a case, from steps that were read already."""
    progress = Progress()
    progress.days["apply"].append(case.applied_on)
    for step in steps:
        progress.days[step.code].append(step.on)
        if step.exception_reason:
            progress.excepted.add(step.code)
        if step.until and (progress.extended_to is None or step.until > progress.extended_to):
            progress.extended_to = step.until
    for days in progress.days.values():
        days.sort()
    return progress


class DevelopmentStepQuerySet(ScopedQuerySet["DevelopmentStep"]):
    path = "case__branch__path"
    right = Right.MEMBERS_VIEW


class DevelopmentStep(Record):
    """One step taken, or passed over by an exception with its reason. The application is the case itself."""

    case = models.ForeignKey(DevelopmentCase, models.CASCADE, related_name="steps", verbose_name="发展党员")
    code = models.CharField(
        "步骤", max_length=30, choices=[(step.code, step.title) for step in procedure.RECORDED], editable=False
    )
    on = models.DateField("日期")
    people = models.CharField("人员", max_length=120, blank=True)
    first_member = models.ForeignKey(Member, models.PROTECT, null=True, editable=False, related_name="+")
    second_member = models.ForeignKey(Member, models.PROTECT, null=True, editable=False, related_name="+")
    public_from = models.DateField("公示开始", null=True, blank=True)
    public_to = models.DateField("公示结束", null=True, blank=True)
    document = models.CharField("文号或材料", max_length=100, blank=True)
    days = models.DecimalField("培训天数", max_digits=4, decimal_places=1, null=True, blank=True)
    hours = models.DecimalField("培训学时", max_digits=5, decimal_places=1, null=True, blank=True)
    until = models.DateField("延长至", null=True, blank=True)
    exception_reason = models.CharField("例外原因", max_length=200, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)

    objects = DevelopmentStepQuerySet.as_manager()
    counted: tuple[str, str] | None = None
    """What the votes were and are, in words, for the audit trail of the next change."""

    class Meta:
        verbose_name = "发展党员步骤"
        ordering = ["case", "on", "pk"]
        indexes = [models.Index(fields=["code", "on"])]
        constraints = [
            models.UniqueConstraint(fields=["case", "code", "on"], name="one_development_step_a_day"),
            models.UniqueConstraint(fields=["case", "code"], condition=~Q(code__in=REPEATED), name="one_step_per_code"),
            models.CheckConstraint(
                condition=Q(public_to__isnull=True) | Q(public_to__gte=F("public_from")), name="public_to_after_from"
            ),
            models.CheckConstraint(
                condition=Q(code="extension", until__gt=F("on")) | (~Q(code="extension") & Q(until__isnull=True)),
                name="extension_has_its_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.get_code_display()}"

    def get_absolute_url(self) -> str:
        return self.case.get_absolute_url()

    def audit_path(self) -> str:
        return self.case.branch.path

    @property
    def step(self) -> procedure.Step:
        """What the procedure says of it."""
        return BY_CODE[self.code]

    @property
    def members(self) -> Collection[int]:
        """The ids of the people found in the register."""
        return [pk for pk in (self.first_member_id, self.second_member_id) if pk]

    def changes_from(self, before: Self | None) -> dict[str, tuple[Any, Any]]:
        changes = super().changes_from(before)
        if self.counted and self.counted[0] != self.counted[1]:
            changes["票数"] = self.counted
        return changes

    @atomic
    def take(self, votes: Iterable["DevelopmentVote"] | None = None) -> "DevelopmentStep":
        """Record the step with its votes, and let the case follow."""
        if votes is not None:
            new = list(votes)
            old = list(self.votes.order_by("pk")) if self.pk else []
            self.counted = ("；".join(map(str, old)), "；".join(map(str, new)))
        self.record()
        if votes is not None and self.counted and self.counted[0] != self.counted[1]:
            self.votes.all().delete()
            for vote in new:
                vote.step = self
            DevelopmentVote.objects.bulk_create(new)
        self.case.settle()
        return self

    @atomic
    def take_back(self) -> None:
        """Delete a step entered by mistake. Raises ValueError where the person is in the register because of it."""
        if self.case.member_id and self.code in ("admission", "admission-approval"):
            raise ValueError(f"{self.case.name}已经编入党员花名册，这一步不能删除，可以改正日期")
        resting = [s for s in self.case.steps.exclude(pk=self.pk) if procedure.BY_CODE[s.code].follows == self.code]
        if resting and self.step.firm:
            raise ValueError(f"后面的“{resting[0].get_code_display()}”以这一步为前提，请先删除后面的步骤")
        case = self.case
        self.erase()
        case.settle()


class DevelopmentVote(models.Model):
    """The votes counted at a step, of one body: 双推, 双评, general meetings. `str` is as an office writes them."""

    step = models.ForeignKey(DevelopmentStep, models.CASCADE, related_name="votes", verbose_name="步骤")
    kind = models.CharField("票决", max_length=20, choices=VoteKind)
    expected = models.PositiveIntegerField("应到")
    present = models.PositiveIntegerField("实到")
    in_favour = models.PositiveIntegerField("赞成")
    against = models.PositiveIntegerField("反对", default=0)
    abstained = models.PositiveIntegerField("弃权", default=0)

    class Meta:
        verbose_name = "票数"
        ordering = ["step", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["step", "kind"], name="one_count_per_kind"),
            models.CheckConstraint(condition=Q(present__lte=F("expected")), name="vote_present_within_expected"),
            models.CheckConstraint(
                condition=Q(present__gte=F("in_favour") + F("against") + F("abstained")), name="votes_within_present"
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.get_kind_display()} 应到 {self.expected} 实到 {self.present} "
            f"赞成 {self.in_favour} 反对 {self.against} 弃权 {self.abstained}"
        )


__all__ = [
    "DevelopmentCase",
    "DevelopmentStep",
    "DevelopmentVote",
    "here_by",
    "progress_of",
    "standing_on",
    "under_way",
]
