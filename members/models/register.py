"""People: the register of members, and where each belonged on any day."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from pypinyin import Style, lazy_pinyin

from accounts.encryption import EncryptedTextField, Index, Unreadable
from accounts.transactions import atomic
from branches.models import Organization
from ledgers import parsing
from ledgers.models import Record, Touch
from members.lookups import Characters, CharactersIndex
from members.querysets import PROBATION, PROBATION_SINCE, MemberQuerySet, MembershipQuerySet

UNKNOWN_START = date(1900, 1, 1)
"""Start of a membership whose first day nobody knows: before every period that is asked about."""


@lru_cache(maxsize=65536)
def _syllable(character: str) -> str:
    return lazy_pinyin(character, style=Style.NORMAL)[0].lower()


def pinyin_of(name: str) -> tuple[str, str]:
    """Return (whole pinyin, initials) of a name in lower case: 张三 → ("zhangsan", "zs")."""
    syllables = [_syllable(c) for c in name if not c.isspace()]
    return "".join(syllables), "".join(s[:1] for s in syllables)


class Gender(models.TextChoices):
    """GB/T 2261.1."""

    MALE = "male", "男"
    FEMALE = "female", "女"


class Education(models.TextChoices):
    """GB/T 4658, highest first."""

    POSTGRADUATE = "postgraduate", "研究生"
    BACHELOR = "bachelor", "大学本科"
    COLLEGE = "college", "大学专科"
    SECONDARY = "secondary", "中等专科"
    TECHNICAL = "technical", "技工学校"
    SENIOR_HIGH = "senior-high", "高中"
    JUNIOR_HIGH = "junior-high", "初中"
    PRIMARY = "primary", "小学"
    OTHER = "other", "其他"

    @classmethod
    def college_and_above(cls) -> tuple["Education", ...]:
        """大专 and above."""
        return (cls.POSTGRADUATE, cls.BACHELOR, cls.COLLEGE)


class Employment(models.TextChoices):
    """就业状态."""

    IN_SERVICE = "in-service", "在职"
    RETIRED = "retired", "离退休"
    STUDENT = "student", "学生"
    FARMER = "farmer", "务农"
    SELF_EMPLOYED = "self-employed", "个体"
    UNEMPLOYED = "unemployed", "下岗失业"
    OTHER = "other", "其他"


ETHNICITIES = tuple(
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 "  # noqa: SIM905 - a list to read
    "哈尼族 哈萨克族 傣族 黎族 傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 "
    "柯尔克孜族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 "
    "塔吉克族 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 "
    "鄂伦春族 赫哲族 门巴族 珞巴族 基诺族".split()
)
"""The 56 names of GB/T 3304."""


CITIZEN_ID, PHONE = Index("id_number_index", "citizen-id"), Index("phone_index", "phone")


def derived(name: str, id_number: str, phone: str, birth_date: date | None, gender: str) -> dict[str, Any]:
    """Return the fields of a member that follow from others: pinyin, blind indexes, gender and birth date, faults.

    What follows from a number that does not open stays as it is.
    """
    pinyin, initials = pinyin_of(name)
    found: dict[str, Any] = {
        "pinyin": pinyin,
        "initials": initials,
        "birth_date": birth_date,
        "gender": gender,
        "faults": "",
    }
    if not isinstance(phone, Unreadable):
        found[PHONE.column] = PHONE.of(phone)
    if isinstance(id_number, Unreadable):
        return found
    found[CITIZEN_ID.column] = CITIZEN_ID.of(id_number)
    try:
        if len(id_number) != 18 or parsing.check_digit(id_number[:17]) != id_number[17]:
            raise ValueError
        born = parsing.birth_date_of(id_number)
        sex = (Gender.MALE if parsing.gender_of(id_number) == Gender.MALE.label else Gender.FEMALE).value
    except ValueError:
        return found | {"faults": "Q01"}
    return found | {
        "birth_date": birth_date or born,
        "gender": gender or sex,
        "faults": "Q02" if (birth_date or born, gender or sex) != (born, sex) else "",
    }


ONCE = "one_live_member_a_branch"
"""The constraint that a branch has nobody twice. Who is registered elsewhere too is found by the data checks."""


class AlreadyRegistered(ValidationError):
    """The branch has a live member with this citizen ID already."""

    def __init__(self) -> None:
        super().__init__("这个支部的登记册里已经有这名党员（身份证号相同），可能是别人刚刚登记的。请刷新后查看")


class Member(Record):
    """A Party member, as the register holds them today; where they belonged earlier is in `memberships`.

    `branch`, `employment`, `is_floating` and `left_on` repeat the last membership, so that lists need no join.
    """

    class Category(models.TextChoices):
        FULL = "full", "正式党员"
        PROBATIONARY = "probationary", "预备党员"

    class Leave(models.TextChoices):
        TRANSFERRED = "transferred", "转出"
        DECEASED = "deceased", "去世"
        SUSPENDED = "suspended", "停止党籍"
        REMOVED = "removed", "除名"
        EXPELLED = "expelled", "出党"

    class Residence(models.TextChoices):
        HERE = "here", "本街道"
        ELSEWHERE = "elsewhere", "外街道"

    SENSITIVE = ("id_number", "phone", "address", "id_number_index", "phone_index")
    UNTRACKED = (*Record.UNTRACKED, "id_number_index", "phone_index", "pinyin", "initials", "faults")

    name = models.CharField("姓名", max_length=60)
    pinyin = models.CharField("拼音", max_length=400, editable=False)
    initials = models.CharField("拼音首字母", max_length=60, editable=False)
    gender = models.CharField("性别", max_length=6, choices=Gender, blank=True)
    ethnicity = models.CharField("民族", max_length=20, choices=[(e, e) for e in ETHNICITIES], blank=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    id_number = EncryptedTextField("身份证号", index=CITIZEN_ID)
    id_number_index = models.CharField(max_length=32, editable=False)
    branch = models.ForeignKey(
        Organization, models.PROTECT, related_name="members", db_index=False, verbose_name="所在党支部"
    )
    group_name = models.CharField("党小组", max_length=60, blank=True)
    category = models.CharField("党员类别", max_length=12, choices=Category)
    education = models.CharField("学历", max_length=12, choices=Education, blank=True)
    joined_on = models.DateField("入党时间", null=True, blank=True)
    regularised_on = models.DateField("转正时间", null=True, blank=True)
    employment = models.CharField("就业状态", max_length=14, choices=Employment, blank=True)
    workplace = models.CharField("工作单位及职务", max_length=120, blank=True)
    phone = EncryptedTextField("手机号码", blank=True, index=PHONE)
    phone_index = models.CharField(max_length=32, editable=False, blank=True)
    address = EncryptedTextField("家庭住址", blank=True)
    residence = models.CharField("居住地", max_length=10, choices=Residence, blank=True)
    is_floating = models.BooleanField("是否流动党员", default=False)
    native_place = models.CharField("籍贯", max_length=60, blank=True)
    dues_base = models.DecimalField("党费基数", max_digits=10, decimal_places=2, null=True, blank=True)
    remarks = models.CharField("备注", max_length=300, blank=True)
    left_on = models.DateField("离开日期", null=True, blank=True)
    leave_kind = models.CharField("离开原因", max_length=12, choices=Leave, blank=True)
    faults = models.CharField("数据质量问题", max_length=20, blank=True, editable=False)
    entered_twice = models.BooleanField(default=False, editable=False)
    """Whether the branch had this person twice before the database refused it: such records wait to be merged."""

    objects = MemberQuerySet.as_manager()
    basis = ""
    """The paper that the next change rests on; it goes into the audit trail and nowhere else."""

    class Meta:
        verbose_name = "党员"
        ordering = ["branch__path", "pk"]
        indexes = [
            models.Index(fields=["branch", "left_on"]),
            models.Index(fields=["id_number_index"]),
            models.Index(fields=["phone_index"]),
            # a part of the name and a prefix of the others is looked for: PostgreSQL wants its own kinds of index
            CharactersIndex(Characters("name"), name="member_name", fastupdate=False),
            models.Index(fields=["pinyin"], name="member_pinyin", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["initials"], name="member_initials", opclasses=["varchar_pattern_ops"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_on__isnull=True, leave_kind="") | (Q(left_on__isnull=False) & ~Q(leave_kind="")),
                name="member_left_with_reason",
            ),
            models.UniqueConstraint(
                fields=["branch", "id_number_index"],
                condition=Q(left_on__isnull=True, entered_twice=False) & ~Q(id_number_index=""),
                name=ONCE,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("members:detail", args=[self.pk])

    def audit_path(self) -> str:
        return self.branch.path

    @cached_property
    def masked_id(self) -> str:
        """The ID as screens show it."""
        return mask_id(self.id_number)

    @cached_property
    def masked_phone(self) -> str:
        """The phone as screens show it."""
        return mask_phone(self.phone)

    @property
    def masked_address(self) -> str:
        """The address as screens show it."""
        return mask_address(self.address)

    @property
    def age(self) -> int | None:
        """Years completed today."""
        return years_between(self.birth_date, timezone.localdate()) if self.birth_date else None

    @property
    def standing(self) -> int | None:
        """党龄: whole years since regularisation, as 党章 counts it; None while probationary."""
        return years_between(self.regularised_on, timezone.localdate()) if self.regularised_on else None

    def is_full_on(self, day: date) -> bool:
        """Say whether they were a full member on a day, as `querysets.full_on` asks the database."""
        if self.category != self.Category.FULL:
            return False
        if self.regularised_on:
            return self.regularised_on <= day
        return self.joined_on is None or self.joined_on < PROBATION_SINCE or self.joined_on + PROBATION <= day

    def derive(self) -> None:
        """Fill what follows from other fields: pinyin, blind indexes, gender and birth date of the ID, faults."""
        for name, value in derived(self.name, self.id_number, self.phone, self.birth_date, self.gender).items():
            setattr(self, name, value)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.derive()
        try:
            super().save(*args, **kwargs)
        except IntegrityError as error:
            if ONCE in str(error) or "members_member.id_number_index" in str(error):  # as the two databases name it
                raise AlreadyRegistered from error
            raise

    def changes_from(self, before: Self | None) -> dict[str, tuple[Any, Any]]:
        changes = super().changes_from(before)
        return changes | {"依据": (None, self.basis)} if self.basis else changes

    def touches(self) -> Iterator[Touch]:
        # The members' own fields are not dated, so a change may show in any month that counts them.
        yield Touch(self.branch_id, self.joined_on or UNKNOWN_START, True)

    @atomic
    def enter(self, start: date | None = None, came_by: "Membership.Event | None" = None) -> "Member":
        """Record a new member together with the first membership, by default from 入党时间 on."""
        self.record()
        Membership(
            member=self,
            branch=self.branch,
            start=start or self.joined_on or UNKNOWN_START,
            came_by=came_by or Membership.Event.JOINED,
            employment=self.employment,
            is_floating=self.is_floating,
        ).record()
        self.dues_bases.follow(self, start or self.joined_on or UNKNOWN_START)
        return self

    @atomic
    def amend(self, on: date | None = None) -> "Member":
        """Record changes of a member. What is dated (branch, employment, floating, dues base) changes from `on`.

        Without a day the dated change counts from today; a first day given earlier rewrites nothing before it.
        """
        before = self.before()
        if before is None:
            raise ValueError("use enter() for a new member")
        self.record()
        if before.joined_on != self.joined_on:
            self._start_at_joining()
        if before.branch_id != self.branch_id:
            self.developments.carry_on(self.branch, on or timezone.localdate(), f"转到{self.branch.name}")
        if (before.dues_base, before.employment) != (self.dues_base, self.employment):
            self.dues_bases.follow(self, on or timezone.localdate())
        last = self.memberships.select_for_update(no_key=True).order_by("-start").first()
        if last is None or last.end is not None:
            return self
        dated = ("branch_id", "employment", "is_floating")
        if any(getattr(last, f) != getattr(self, f) for f in dated):
            last.follow(self, on or timezone.localdate())
        return self

    def _start_at_joining(self) -> None:
        """A corrected 入党时间 corrects the first interval too, where that began with joining."""
        first = self.memberships.select_for_update(no_key=True).order_by("start").first()
        start = self.joined_on or UNKNOWN_START
        if first and first.came_by == Membership.Event.JOINED and (first.end is None or start < first.end):
            first.start = start
            first.record()

    @atomic
    def leave(self, kind: str, on: date) -> "Member":
        """Take the member off the register on a day. The memberships keep the history.

        Raises ValueError with a Chinese message where the day is not after the last change.
        """
        last = self.memberships.select_for_update(no_key=True).get(end__isnull=True)
        if on <= last.start:
            raise ValueError(f"离开日期应在 {last.start} 之后：从那天起才是现在的支部和状态")
        last.end, last.left_by, last.document = on, kind, self.basis
        last.record()
        self.left_on, self.leave_kind = on, kind
        self.record("leave")
        self.end_whereabouts(on, f"离开登记册（{self.get_leave_kind_display()}）")
        return self

    @atomic
    def come_back(self, branch: Organization, on: date) -> "Member":
        """Take somebody who left back onto the register, in a branch from a day on.

        Whose membership was suspended is restored; everybody else was transferred in again. Raises ValueError with a
        Chinese message where the day lies before that of leaving.
        """
        last = self.memberships.select_for_update(no_key=True).order_by("-start")[0]
        if last.end is None or on < last.end:
            raise ValueError(f"转回日期不能早于离开日期 {last.end or self.left_on}")
        restored = self.leave_kind == self.Leave.SUSPENDED
        self.branch, self.left_on, self.leave_kind = branch, None, ""
        self.record("come-back")
        Membership(
            member=self,
            branch=branch,
            start=on,
            came_by=Membership.Event.RESTORED if restored else Membership.Event.TRANSFERRED_IN,
            employment=self.employment,
            is_floating=self.is_floating,
        ).record()
        return self

    @atomic
    def undo_leave(self) -> "Member":
        """Take back a leave that was entered by mistake: as if it had never been."""
        last = self.memberships.select_for_update(no_key=True).order_by("-start")[0]
        last.end, last.left_by, last.document = None, "", ""
        last.record()
        self.left_on, self.leave_kind = None, ""
        return self.record("undo-leave")

    @atomic
    def hand_over(self, branch: Organization, on: date, left_by: str, came_by: str) -> "Member":
        """Close the membership in the present branch on a day and open one in another: a transfer taken in.

        Raises ValueError with a Chinese message where the day is not after the last change.
        """
        last = self.memberships.select_for_update(no_key=True).get(end__isnull=True)
        if on <= last.start:
            raise ValueError(f"接收日期应在 {last.start} 之后：从那天起才是现在的支部和状态")
        last.end, last.left_by, last.document = on, left_by, self.basis
        last.record()
        if self.whereabouts.open_ones().filter(kind="out").exists():
            self.is_floating = False  # the record of floating ends with the transfer, see below
        self.branch, self.group_name = branch, ""
        self.record("transfer")
        Membership(
            member=self,
            branch=branch,
            start=on,
            came_by=came_by,
            employment=self.employment,
            is_floating=self.is_floating,
        ).record()
        self.end_whereabouts(on, f"组织关系转往{branch.name}")
        self.developments.carry_on(branch, on, f"组织关系转往{branch.name}")
        return self

    def end_whereabouts(self, on: date, why: str) -> None:
        """End what is recorded of being away or out of contact: the member's branch no longer keeps it."""
        for record in self.whereabouts.open_ones():
            record.end(max(on, record.since + timedelta(days=1)), why)

    @atomic
    def mark_floating(self, start: date, end: date | None, *, away: bool) -> "Member":
        """Say that the member was floating, or was not, from `start` up to but not including `end` (None: to this day).

        This is the one way from a record of floating to the dated memberships, which the fact counts: the intervals
        are cut at both days, and joined again where nothing tells them apart any more.
        """
        held = list(self.memberships.select_for_update(no_key=True).order_by("start"))
        planned = floated(held, start, end, away=away)
        for membership in sorted(planned, key=lambda m: m.pk is None):  # what is shortened makes room for what is new
            membership.record()
        self._join_memberships()
        last = self.memberships.order_by("-start").first()
        self.is_floating = last.is_floating if last else self.is_floating
        return self.record()

    def _join_memberships(self) -> None:
        earlier: Membership | None = None
        for membership in self.memberships.order_by("start"):
            if earlier and earlier.continues_in(membership):
                membership.erase()
                earlier.end, earlier.left_by, earlier.document = membership.end, membership.left_by, membership.document
                earlier.record()
            else:
                earlier = membership


class Membership(Record):
    """One interval in which a member was in a branch in one state: from `start`, up to but not including `end`."""

    class Event(models.TextChoices):
        JOINED = "joined", "入党"
        TRANSFERRED_IN = "transferred-in", "转入"
        MOVED = "moved", "支部间调整"
        CHANGED = "changed", "状态变动"
        RESTORED = "restored", "恢复党籍"

    LEFT_BY = [
        (Event.MOVED.value, Event.MOVED.label),
        (Event.CHANGED.value, Event.CHANGED.label),
        *Member.Leave.choices,
    ]

    member = models.ForeignKey(Member, models.CASCADE, related_name="memberships", db_index=False, verbose_name="党员")
    branch = models.ForeignKey(
        Organization, models.PROTECT, related_name="memberships", db_index=False, verbose_name="党支部"
    )
    start = models.DateField("起")
    end = models.DateField("止", null=True, blank=True)
    came_by = models.CharField("进入方式", max_length=16, choices=Event, default=Event.JOINED)
    left_by = models.CharField("离开方式", max_length=16, choices=LEFT_BY, blank=True)
    document = models.CharField("离开依据", max_length=200, blank=True)
    employment = models.CharField("就业状态", max_length=14, choices=Employment, blank=True)
    is_floating = models.BooleanField("流动", default=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "组织关系"
        ordering = ["member", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="membership_end_after_start"
            ),
            models.UniqueConstraint(fields=["member"], condition=Q(end__isnull=True), name="one_open_membership"),
            models.UniqueConstraint(fields=["member", "start"], name="one_membership_per_start"),
        ]
        indexes = [
            models.Index(fields=["branch", "start", "end"]),
            models.Index(fields=["start"]),
            models.Index(fields=["end"]),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.branch} {self.start}"

    def audit_path(self) -> str:
        return self.branch.path

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.branch_id, self.start, True)

    def cut(self, day: date) -> "Membership | None":
        """Cut this interval in two at a day inside it; return the later part, both unsaved. None for another day."""
        if day <= self.start or (self.end is not None and day >= self.end):
            return None
        later = Membership(
            member_id=self.member_id,
            branch_id=self.branch_id,
            start=day,
            end=self.end,
            came_by=self.Event.CHANGED,
            left_by=self.left_by,
            document=self.document,
            employment=self.employment,
            is_floating=self.is_floating,
        )
        self.end, self.left_by, self.document = day, self.Event.CHANGED.value, ""
        return later

    def continues_in(self, later: "Membership") -> bool:
        """Say whether a later interval follows on this one with the same branch and state."""
        same = all(getattr(self, f) == getattr(later, f) for f in ("branch_id", "employment", "is_floating"))
        return same and self.end == later.start and later.came_by == self.Event.CHANGED

    def follow(self, member: Member, on: date) -> "Membership":
        """End this open interval on a day and open the next one with the member's new branch and state."""
        moved = self.branch_id != member.branch_id
        event = self.Event.MOVED if moved else self.Event.CHANGED
        if on <= self.start:  # the state never held: correct it instead of recording an empty interval
            self.branch, self.employment, self.is_floating = member.branch, member.employment, member.is_floating
            return self.record()
        self.end, self.left_by = on, event.value
        self.record()
        return Membership(
            member=member,
            branch=member.branch,
            start=on,
            came_by=event,
            employment=member.employment,
            is_floating=member.is_floating,
        ).record()


def floated(memberships: list[Membership], start: date, end: date | None, *, away: bool) -> list[Membership]:
    """Return one member's intervals, cut and marked so that exactly the days from `start` to `end` are (not) floating.

    Nothing is saved; intervals that came out of a cut have no primary key yet.
    """
    planned: list[Membership] = []
    for membership in memberships:
        pieces = [membership]
        if membership.is_floating != away:
            for day in (start, end):
                if day and (later := pieces[-1].cut(day)):
                    pieces.append(later)
        for piece in pieces:
            if piece.start >= start and (end is None or (piece.end is not None and piece.end <= end)):
                piece.is_floating = away
        planned += pieces
    return planned


def years_between(start: date, end: date) -> int:
    """Return the whole years from one day to another."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def mask_id(number: str) -> str:
    """Return a citizen ID with the middle ten characters hidden: 9901**********6718."""
    if not number or isinstance(number, Unreadable):
        return number
    return f"{number[:4]}{'*' * max(len(number) - 8, 4)}{number[-4:]}"


def mask_address(address: str) -> str:
    """Return a fixed mask for any address."""
    return "******" if address else ""


def mask_phone(number: str) -> str:
    """Return a phone with the middle hidden: 139****7381."""
    if isinstance(number, Unreadable):
        return number
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 7 else "*" * len(number)
