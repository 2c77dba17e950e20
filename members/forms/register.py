"""Forms of the register of members: the record itself, and what happens to a member on a day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html

from accounts.encryption import blind_index
from accounts.models import User
from accounts.permissions import Right
from accounts.transactions import take_turns
from branches.models import Organization
from branches.querysets import live_on
from ledgers import parsing
from ledgers.forms import RecordForm
from ledgers.models import Record, Submission

from .. import quality
from ..models import AlreadyRegistered, Member, Membership, mask_address, mask_id, mask_phone
from ..querysets import MemberQuerySet
from .masked import MaskedForm, id_number_field

DATED = ("branch", "employment", "is_floating")
"""Fields whose change holds from a day on."""


def editable_branches(user: User, also: int | None = None) -> Any:
    """Return the live branches whose members the user may edit, and the one with the primary key `also`."""
    today = timezone.localdate()
    return Organization.objects.visible_to(user, Right.MEMBERS_EDIT).branches().filter(live_on(today) | Q(pk=also))


def ask_to_choose(form: forms.BaseForm) -> None:
    """Let the first line of a list say whether something must be chosen."""
    for field in form.fields.values():
        words = "请选择" if field.required else "未填"
        if isinstance(field, forms.ModelChoiceField):
            field.empty_label = words
        elif isinstance(field, forms.TypedChoiceField):
            known: Any = field.choices
            field.choices = [(value, label if value else words) for value, label in known]


class Day(forms.DateField):
    """A day on which something happened: not in the future."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            initial=timezone.localdate,
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"required": "请填日期", "invalid": "请写成 2026-09-30 这样的日期"},
            **kwargs,
        )

    def validate(self, value: date | None) -> None:
        """Refuse a day to come."""
        super().validate(value)
        if value and value > timezone.localdate():
            raise ValidationError("这一天还没有到，请到时再办理")


class MemberForm(MaskedForm):
    """One member's record."""

    masks = {"id_number": mask_id, "phone": mask_phone, "address": mask_address}

    came_by = forms.ChoiceField(
        label="怎样到本支部",
        choices=[
            (Membership.Event.JOINED.value, "原有党员，或在本支部入党"),
            (Membership.Event.TRANSFERRED_IN.value, "组织关系转入"),
        ],
        initial=Membership.Event.JOINED,
    )
    on = Day(label="自哪天起", required=False)
    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "请填姓名"})
    id_number = id_number_field()
    phone = forms.CharField(label="手机号码", max_length=30, required=False)
    dues_base = forms.DecimalField(
        label="党费基数", max_digits=10, decimal_places=2, min_value=0, required=False, help_text="元/月"
    )

    class Meta:
        model = Member
        fields = (
            "name", "id_number", "gender", "birth_date", "ethnicity", "native_place", "education", "phone", "address",
            "residence", "branch", "group_name", "category", "joined_on", "regularised_on", "employment", "is_floating",
            "workplace", "dues_base", "remarks",
        )  # fmt: skip
        widgets = {"address": forms.TextInput(attrs={"maxlength": 200, "autocomplete": "off"})}
        help_texts = {
            "gender": "不填则按身份证号",
            "birth_date": "不填则按身份证号",
            "joined_on": "支部党员大会接收为预备党员之日",
        }
        error_messages = {"branch": {"required": "请选择党支部"}, "category": {"required": "请选择党员类别"}}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_to_choose(self)
        self.user = user
        self.cover()
        self.stored: dict[str, Any] = {}
        if not self.is_new:
            self.stored = {name: getattr(self.instance, name) for name in MemberForm.Meta.fields}
        self.fields["branch"].queryset = editable_branches(user, self.instance.branch_id)  # type: ignore[attr-defined]
        self.fields["branch"].widget.attrs["data-pick"] = ""
        self.fields["id_number"].widget.attrs["data-citizen-id"] = ""
        self.fields["phone"].widget.attrs["inputmode"] = "tel"
        if self.is_new:
            self.fields["on"].label = "转入日期"
            self.fields["on"].help_text = "只有组织关系转入的从这天算起；其他的从入党时间算起"
            return
        del self.fields["came_by"]
        self.fields[
            "on"
        ].help_text = "改了党支部、就业状态、流动情况或党费基数时，新的情况从这天算起；只改别的内容不用管"
        if self.instance.left_on:
            for name in ("on", *DATED):
                del self.fields[name]

    def changed(self, *names: str) -> bool:
        """Say whether one of these fields is new or differs from what is stored."""
        return any(self.cleaned_data.get(name) != self.stored.get(name) for name in names)

    # single fields

    def clean_name(self) -> str:
        """Write the name the one way that imports write it."""
        return parsing.person_name(self.cleaned_data["name"])

    def clean_id_number(self) -> str:
        """Check the ID's digits (Q01) unless it is untouched."""
        stored: str | None = self.stored.get("id_number")
        if stored and self.cleaned_data["id_number"] == stored:
            return stored
        return self.read("id_number", lambda number: quality.read_id(number).number)

    def clean_address(self) -> str:
        """Keep the address where it is untouched."""
        return self.read("address", lambda address: parsing.text(address, 200))

    # the whole

    def clean(self) -> dict[str, Any]:
        """Check fields against each other; a fault that was stored before blocks nothing else."""
        super().clean()
        data = self.cleaned_data
        for name in ("group_name", "workplace", "native_place", "remarks"):
            data[name] = parsing.text(data.get(name))
        wrong = set(self.errors)
        if not wrong & {"id_number", "birth_date", "gender", "joined_on", "regularised_on"}:
            self._check_person(data)
        if not wrong & {"category", "joined_on", "regularised_on", "came_by", "on"}:
            self._check_membership(data)
        return data

    def _check_person(self, data: dict[str, Any]) -> None:
        number = data["id_number"]
        if self.changed("id_number"):
            token = data.get("token")
            pressed_again = token and Submission.objects.filter(token=token, user=self.user).exists()
            if not pressed_again and (twin := self._twin(number)):  # else the record is the one that was made first
                self.add_error("id_number", twin)
            read = quality.read_id(number)
            data["birth_date"] = data["birth_date"] or read.birth_date
            data["gender"] = data["gender"] or read.gender
        faults = [
            *quality.faults_of_id(number, data["birth_date"], data["gender"]),
            *quality.faults_of_dates(
                data["birth_date"], data["joined_on"], data["regularised_on"], timezone.localdate()
            ),
        ]
        for fault in faults:
            if self.changed(*fault.fields):
                self.add_error(fault.fields[0], fault.what)

    def _twin(self, number: str) -> ValidationError | None:
        """Return what to say of another record with this ID; one out of the user's sight stays unknown."""
        twin = same_id(self.user, number, self.instance.pk).first()
        if twin is None:
            return None
        how = "请打开那条记录办理转回" if twin.left_on else "请打开那条记录修改"
        where = f"{twin.name}（{twin.branch.name}{'，' + twin.get_leave_kind_display() if twin.left_on else ''}）"
        return ValidationError(
            format_html('这个身份证号已经登记：<a href="{}">{}</a>，{}', twin.get_absolute_url(), where, how)
        )

    def _check_membership(self, data: dict[str, Any]) -> None:
        probationary = data["category"] == Member.Category.PROBATIONARY
        if probationary and data.get("regularised_on") and self.changed("category", "regularised_on"):
            self.add_error("category", "填了转正时间的应是正式党员；还没有转正请清空转正时间")
        was_probationary = self.stored.get("category") == Member.Category.PROBATIONARY
        if (
            was_probationary
            and not probationary
            and not data.get("regularised_on")
            and "regularised_on" not in self.errors
        ):
            self.add_error("regularised_on", "转为正式党员，请填支部党员大会通过转正的日期")
        stays_out = not self.is_new and self.instance.whereabouts.open_ones().filter(kind="out").exists()
        if stays_out and "is_floating" in self.fields and not data["is_floating"]:
            self.add_error("is_floating", "有一条流出登记还没有结束，请先在“转接与去向”里登记返回日期")
        if self.is_new:
            if data["came_by"] == Membership.Event.TRANSFERRED_IN:
                if not data["on"]:
                    self.add_error("on", "请填组织关系转入的日期")
                elif data["joined_on"] and data["on"] < data["joined_on"]:
                    self.add_error("on", "转入日期不能早于入党时间")
        elif data.get("on") and self.changed(*DATED) and not self.changed("joined_on"):
            since = self.instance.memberships.filter(end__isnull=True).values_list("start", flat=True).first()
            if since and data["on"] < since:
                self.add_error("on", f"现在的支部和状态是从 {since} 算起的，新的情况不能早于这一天")

    def store(self) -> Record:
        """Register a new member from the day that belongs to it, or change the record from the day given."""
        member: Member = self.instance
        if self.changed("id_number"):  # asked once more, now that nobody else can be writing the same person
            take_turns("citizen-id", blind_index(member.id_number, "citizen-id"))
            if twin := self._twin(member.id_number):
                raise ValidationError({"id_number": twin})
        try:
            if not self.is_new:
                return member.amend(self.cleaned_data.get("on"))
            if self.cleaned_data["came_by"] == Membership.Event.TRANSFERRED_IN:
                return member.enter(self.cleaned_data["on"], Membership.Event.TRANSFERRED_IN)
            return member.enter()
        except AlreadyRegistered as error:
            raise ValidationError({"id_number": error}) from error

    @property
    def sections(self) -> Iterable[tuple[str, list[forms.BoundField]]]:
        """The fields as the page groups them."""
        groups = (
            ("个人信息", ("name", "id_number", "gender", "birth_date", "ethnicity", "native_place", "education")),
            ("联系方式", ("phone", "address", "residence")),
            ("党员身份", ("category", "joined_on", "regularised_on", "dues_base")),
            ("支部与就业", ("branch", "group_name", "employment", "workplace", "is_floating", "came_by", "on")),
            ("其他", ("remarks",)),
        )
        for title, names in groups:
            yield title, [self[name] for name in names if name in self.fields]


def same_id(user: User, number: str, but: Any) -> MemberQuerySet:
    """Return the other records with this ID that the user may see, those in the register first."""
    found = Member.objects.visible_to(user).with_citizen_id(number).exclude(pk=but)
    return found.select_related("branch").order_by("leave_kind", "pk")


class MoveForm(RecordForm):
    """A member's move to another branch from a day on."""

    on = Day(label="自哪天起")

    class Meta:
        model = Member
        fields = ("branch",)
        labels = {"branch": "调整到"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.since: date | None = (
            self.instance.memberships.filter(end__isnull=True).values_list("start", flat=True).first()
        )
        self.fields["branch"].queryset = editable_branches(user).exclude(pk=self.instance.branch_id)  # type: ignore[attr-defined]
        self.fields["branch"].error_messages["required"] = "请选择调整到哪个支部"
        ask_to_choose(self)
        self.fields["branch"].widget.attrs["data-pick"] = ""
        self.initial["branch"] = None

    def clean_on(self) -> date:
        """A move lies after the last change; earlier ones would rewrite what was."""
        on: date = self.cleaned_data["on"]
        if self.since and on <= self.since:
            raise ValidationError(f"现在的支部和状态是从 {self.since} 算起的，请填之后的日期；当初登记错了请用“编辑”")
        return on

    def store(self) -> Record:
        """Move from the day on."""
        member: Member = self.instance
        return member.amend(self.cleaned_data["on"])


class LeaveForm(RecordForm):
    """A member's leave of the register: why, on which day, on what paper."""

    left_on = Day(label="离开日期", help_text="从这一天起不再计入本支部")
    basis = forms.CharField(
        label="依据", max_length=200, required=False, help_text="介绍信号、批复文号等，记入变更记录"
    )

    class Meta:
        model = Member
        fields = ("leave_kind", "left_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["leave_kind"]
        kind.required, kind.error_messages["required"] = True, "请选择离开原因"
        ask_to_choose(self)
        self.initial["left_on"] = timezone.localdate()

    def store(self) -> Record:
        """Take the member off the register."""
        member: Member = self.instance
        member.basis = self.cleaned_data["basis"]
        try:
            return member.leave(self.cleaned_data["leave_kind"], self.cleaned_data["left_on"])
        except ValueError as error:
            raise ValidationError({"left_on": str(error)}) from error


class ReturnForm(RecordForm):
    """The way back onto the register: transferred in again, or a leave that was a mistake."""

    BACK, MISTAKE = "back", "mistake"

    how = forms.ChoiceField(
        label="怎样恢复",
        choices=[(BACK, "组织关系转回：从下面的日期起编入支部"), (MISTAKE, "离开登记错了：撤销，恢复原样")],
        widget=forms.RadioSelect,
        initial=BACK,
    )
    on = Day(label="转回日期", required=False)

    class Meta:
        model = Member
        fields = ("branch",)
        labels = {"branch": "编入"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.left_branch = user, self.instance.branch
        kind, day = self.instance.get_leave_kind_display(), self.instance.left_on
        self.left = f"{day} 因“{kind}”离开{self.left_branch.name}"
        self.fields["branch"].queryset = editable_branches(user, self.instance.branch_id)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for the day where it matters; refuse a second record of one person in the register (Q03)."""
        super().clean()
        if self.cleaned_data.get("how") == self.BACK and not self.cleaned_data.get("on") and "on" not in self.errors:
            self.add_error("on", "请填转回日期")
        twin = same_id(self.user, self.instance.id_number, self.instance.pk).live().first()
        if twin:
            self.add_error(
                None,
                format_html(
                    '登记册里已经有这个人：<a href="{}">{}（{}）</a>，不用再恢复',
                    twin.get_absolute_url(), twin.name, twin.branch.name,
                ),
            )  # fmt: skip
        return self.cleaned_data

    def store(self) -> Record:
        """Bring the member back."""
        member: Member = self.instance
        if self.cleaned_data["how"] == self.MISTAKE:
            member.branch = self.left_branch
            return member.undo_leave()
        try:
            return member.come_back(self.cleaned_data["branch"], self.cleaned_data["on"])
        except ValueError as error:
            raise ValidationError({"on": str(error)}) from error
