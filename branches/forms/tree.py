"""Forms of the organisation tree and of committees."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.form_errors import OwnWords
from accounts.models import User
from accounts.permissions import Right, access_of
from ledgers import parsing
from ledgers.forms import Difference, RecordForm
from ledgers.models import Record

from ..models import RESERVED_CODES, Committee, CommitteeSeat, Election, Organization, OrganizationEvent

CODE = re.compile(r"[\w.()（）-]+")
OF_THE_SUPERIOR = ("code", "name", "kind", "established", "expires_on")
"""Fields that only those who keep the superior's records may change."""
SEATS_OFFERED = ("secretary", "deputy-secretary", "organization", "publicity", "discipline")
NAMES_SUGGESTED = 300


class OrganizationField(forms.ModelChoiceField):
    """The tree as a list, each level one step further in."""

    def label_from_instance(self, organization: Any) -> str:
        return "　" * (organization.depth - 1) + organization.name


class OrganizationForm(RecordForm):
    """A new organisation below `parent`, or an existing one's profile."""

    parent = OrganizationField(None, label="上级组织", required=False)
    document = forms.CharField(label="批准文号", max_length=100, required=False)

    class Meta:
        model = Organization
        fields = (
            "code",
            "name",
            "short_name",
            "kind",
            "unit_kind",
            "established",
            "phone",
            "population",
            "households",
            "expires_on",
        )
        help_texts = {
            "code": "各台账都用这个编码认它，定下后不要改。",
            "short_name": "列表里显示的短名，如“一支部”。",
            "population": "社区填写，单位：人。",
            "households": "社区填写，单位：户。",
            "expires_on": "临时党支部填写；到期后提醒撤销或延期。",
        }

    def __init__(self, *args: Any, user: User, parent: Organization | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_restructure = True
        if self.instance._state.adding:
            editable = Organization.objects.visible_to(user, Right.ORGANIZATIONS_EDIT).undissolved()
            above = editable.exclude(kind__in=(*Organization.Kind.branches(), Organization.Kind.GROUP))
            if parent is not None:
                above = above | editable.filter(pk=parent.pk)
            field = self.fields["parent"]
            assert isinstance(field, OrganizationField)
            field.queryset = above
            field.required = not user.is_superuser
            self.initial.setdefault("parent", parent.pk if parent else None)
            self.order_fields(["parent"])
        else:
            del self.fields["parent"], self.fields["document"]
            above = Organization.objects.get_parent(self.instance)
            self.may_restructure = may_restructure(user, self.instance)
            for name in OF_THE_SUPERIOR:
                self.fields[name].disabled = not self.may_restructure
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = "变动请在组织页面“更多”里办“改变类别”，留下日期和文号。"
            self.fields["name"].help_text = "正式更名请在“更多”里办“更名”，可以填日期和文号。"
            if self.instance.kind != Organization.Kind.TEMPORARY_BRANCH:
                del self.fields["expires_on"]

    def clean_code(self) -> str:
        """Half-width, without spaces, and fit for an address."""
        code = parsing.code(self.cleaned_data["code"])
        if not CODE.fullmatch(code) or code in RESERVED_CODES:
            raise ValidationError("编码只能用字母、数字、汉字和 - _ . ，请改一个")
        if Organization.objects.filter(code=code).exclude(pk=self.instance.pk).exists():
            raise ValidationError("这个编码不能用，请与街道党建办核对")
        return code

    def clean(self) -> dict[str, Any]:
        """Check the place in the tree, and that no sister has the same name."""
        given = super().clean() or {}
        fresh = self.instance._state.adding
        parent = given.get("parent") if fresh else Organization.objects.get_parent(self.instance)
        candidate = Organization(kind=given.get("kind") or self.instance.kind)
        if given.get("kind"):
            if parent is not None and not candidate.may_stand_under(parent):
                words = f"{candidate.get_kind_display()}不能设在{parent.get_kind_display()}之下，请另选类别或上级"
                self.add_error("kind", words)
            if given.get("expires_on") and candidate.kind != Organization.Kind.TEMPORARY_BRANCH:
                self.add_error("expires_on", "只有临时党支部填到期日期")
            if given.get("expires_on") and given.get("established") and given["expires_on"] <= given["established"]:
                self.add_error("expires_on", f"到期日期应晚于成立日期 {given['established']}")
        if given.get("name") and parent is not None and candidate.kind == Organization.Kind.GROUP:
            self._name_the_branch(given, parent)
        if given.get("name"):
            sisters = Organization.objects.get_children(parent) if parent else Organization.objects.filter(depth=1)
            if sisters.undissolved().filter(name=given["name"]).exclude(pk=self.instance.pk).exists():
                self.add_error("name", "同一上级下已有同名的组织，请加以区分")
        return given

    def _name_the_branch(self, given: dict[str, Any], branch: Organization) -> None:
        """Put the branch's name before a bare 第一党小组, which becomes the short name: lists name a group alone."""
        bare = given["name"]
        if branch.name in bare or len(branch.name + bare) > 100:
            return
        given["name"], given["short_name"] = branch.name + bare, given.get("short_name") or bare

    def store(self) -> Record:
        """Place a new organisation in the tree and note its founding; record changes of an existing one."""
        organization: Organization = self.instance
        if not organization._state.adding:
            return organization.record()
        organization.place_under(self.cleaned_data["parent"])
        if organization.established:
            OrganizationEvent(
                organization=organization,
                kind=OrganizationEvent.Kind.ESTABLISHED,
                on=organization.established,
                document=self.cleaned_data["document"],
                detail=f"{organization.name}成立",
            ).record()
        return organization


def may_restructure(user: User, organization: Organization) -> bool:
    """Say whether the user may move, dissolve or rename it: that is up to who keeps its superior's records."""
    return may_restructure_at(user, organization.path)


def may_restructure_at(user: User, path: str) -> bool:
    """Say the same of the organisation with a tree path, which need not be loaded; no query once rights are known."""
    above = path[: -Organization.steplen]
    return access_of(user).has_on(Right.ORGANIZATIONS_RESTRUCTURE, above) if above else user.is_superuser


class EventForm(RecordForm):
    """Base of the forms that change an organisation on a day, resting on a document."""

    class Meta:
        model = OrganizationEvent
        fields: tuple[str, ...] = ("on", "document")
        help_texts = {"document": "批复或通知的文号，便于日后查证。"}

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization

    def address(self, record: Any) -> str:
        return self.organization.get_absolute_url()


class MoveForm(EventForm):
    """A move below another superior."""

    class Meta(EventForm.Meta):
        fields = ("new_parent", "on", "document")
        field_classes = {"new_parent": OrganizationField}
        labels = {"new_parent": "新的上级组织", "on": "转隶日期"}
        help_texts = {
            "on": "从这一天起算在新上级名下；此前各月的数字仍归原上级。",
            "document": EventForm.Meta.help_texts["document"],
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moving = self.organization
        kinds = [kind for kind in Organization.Kind if moving.may_stand_under(Organization(kind=kind))]
        places = Organization.objects.visible_to(user, Right.ORGANIZATIONS_EDIT).undissolved().filter(kind__in=kinds)
        parent = Organization.objects.get_parent(moving)
        field = self.fields["new_parent"]
        assert isinstance(field, OrganizationField)
        field.queryset = places.exclude(moving.subtree()).exclude(pk=parent.pk if parent else None)
        field.required = True

    def store(self) -> Record:
        given = self.cleaned_data
        try:
            return self.organization.move_under(given["new_parent"], given["on"], given["document"])
        except ValueError as refusal:
            raise ValidationError(str(refusal)) from refusal


class DissolveForm(EventForm):
    """The end of an organisation."""

    class Meta(EventForm.Meta):
        labels = {"on": "撤销日期"}

    def store(self) -> Record:
        given = self.cleaned_data
        try:
            return self.organization.dissolve(given["on"], given["document"])
        except ValueError as refusal:
            raise ValidationError(str(refusal)) from refusal


# Committees


def live_members(organization: Organization) -> QuerySet[Any]:
    """Return the members that may sit on the committee: those in the register below the organisation."""
    members = apps.get_model("members", "Member")
    return members.objects.under(organization).live().select_related("branch")


def by_name(organization: Organization, names: Iterable[str]) -> Mapping[str, list[Any]]:
    """Return name → the live members below the organisation who have it, with one query."""
    found: dict[str, list[Any]] = defaultdict(list)
    for member in live_members(organization).filter(name__in=set(names)):
        found[member.name].append(member)
    return found


class NamesakeMixin(OwnWords, forms.Form):
    """A name typed in, and, where several members have it, the choice of one."""

    namesake = forms.IntegerField(required=False, widget=forms.HiddenInput, label="是哪一位")

    def settle(self, field: str, namesakes: list[Any]) -> Any:
        """Return the member meant by the name in `field`, or None for one who is not in the register."""
        if len(namesakes) < 2:
            return namesakes[0] if namesakes else None
        wanted = self.cleaned_data.get("namesake")
        chosen = next((m for m in namesakes if m.pk == wanted), None)
        choices = [(m.pk, f"{m.name}，{m.branch.label}，{m.birth_date or '出生日期不详'}") for m in namesakes]
        self.fields["namesake"].widget = forms.Select(choices=[("", "请选择"), *choices])
        if chosen is None:
            self.add_error(field, f"有 {len(namesakes)} 名党员叫{namesakes[0].name}，请选定是哪一位")
        return chosen


def person_name(text: str) -> str:
    """Return a name as the register writes it."""
    return parsing.person_name(text, 60)


class SeatForm(NamesakeMixin, OwnWords, forms.ModelForm):
    """One line of the committee's form."""

    class Meta:
        model = CommitteeSeat
        fields = ("post", "name", "since", "left_on")
        widgets = {
            "name": forms.TextInput(attrs={"list": "members", "autocomplete": "off"}),
            "since": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "left_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
        help_texts = {"since": ""}

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("since") and given.get("left_on") and given["left_on"] < given["since"]:
            self.add_error("left_on", "离任日期早于任职日期")
        return given


class BaseSeatFormSet(forms.BaseInlineFormSet):
    """All seats of one committee: finds the members behind the names with one query."""

    instance: Committee

    def clean(self) -> None:
        super().clean()
        filled = [f for f in self.forms if f.cleaned_data.get("name") and not f.cleaned_data.get("DELETE")]
        if not filled and not any(self.errors):
            raise ValidationError("请至少填一名委员")
        found = by_name(self.instance.organization, [f.cleaned_data["name"] for f in filled])
        for form in filled:
            assert isinstance(form, SeatForm)
            if "name" in form.changed_data or not form.instance.member_id:
                form.instance.member = form.settle("name", found[form.cleaned_data["name"]])
        secretaries = [
            f for f in filled if f.cleaned_data.get("post") == "secretary" and not f.cleaned_data.get("left_on")
        ]
        if len(secretaries) > 1:
            secretaries[1].add_error("post", "在任的书记只能有一名")

    def written(self) -> str:
        """Return who sits on the committee according to the form, as one line."""
        filled = [f for f in self.forms if f.cleaned_data.get("name") and not f.cleaned_data.get("DELETE")]
        return seat_line(f.instance for f in filled)


def store_rows(formset: Any, held: dict[Any, Any], names: Sequence[str], fresh: Callable[[], Any]) -> None:
    """Write the rows of a formset of people with posts, whatever their order: who had a post keeps the record of it,
    wherever the row stands now. One by one and in place, two rows exchanged would be the same person twice half-way.

    `held` has what is stored by its key, `names` the fields beside post, name and member; `fresh` makes a new record.
    """
    gone = formset.deleted_forms
    for form in gone:
        if record := held.pop(form.instance.pk, None):
            record.erase()
    free = {(record.post, record.name): record for record in held.values()}
    filled = [form for form in formset.forms if form.cleaned_data.get("name") and form not in gone]
    same = [(form, free.pop((form.instance.post, form.instance.name), None)) for form in filled]
    left = {record.pk: record for record in free.values()}
    own = [(form, record or left.pop(form.instance.pk, None)) for form, record in same]
    others = iter(list(left.values()))
    for form, known in own:
        record = known or next(others, None) or fresh()
        for name in ("post", "name", "member", *names):
            setattr(record, name, getattr(form.instance, name))
        record.record()


def seat_line(seats: Iterable[CommitteeSeat]) -> str:
    """Return seats as one line."""
    return "、".join(f"{seat}（{seat.left_on} 离任）" if seat.left_on else str(seat) for seat in seats)


def seat_formset(
    instance: Committee, data: Mapping[str, Any] | None, elected: list[dict[str, str]] | None = None
) -> BaseSeatFormSet:
    """Return the lines of a committee: who was elected, or five with the usual posts for a new one; two spare ones."""
    fresh = instance._state.adding
    offered = elected or [{"post": post} for post in SEATS_OFFERED] if fresh else []
    if data is not None:  # what is sent counts as filled in, though it is what was offered
        offered = [{"post": each["post"]} for each in offered]
    made: type[Any] = forms.inlineformset_factory(
        Committee,
        CommitteeSeat,
        form=SeatForm,
        formset=BaseSeatFormSet,
        fields=("post", "name") if fresh else ("post", "name", "since", "left_on"),
        extra=len(offered) or 2,
        can_delete=not fresh,
        max_num=30,
    )
    formset: BaseSeatFormSet = made(data, instance=instance, initial=offered, prefix="seats")
    return formset


class CommitteeForm(RecordForm):
    """A committee with its seats, saved together. Whoever changes a seat changes the committee."""

    class Meta:
        model = Committee
        fields = ("number", "start", "term_years", "ended_on")
        help_texts = {
            "number": "如“第三届”。",
            "start": "选举产生之日。登记新一届后，上一届自动在这一天结束。",
            "term_years": "村、社区 5 年，其他 3 年。",
            "ended_on": "已经换届或撤销的填写；还在任的留空。",
        }

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, instance: Committee, election: Election | None = None
    ) -> None:
        """A new committee may begin with who was elected; the election then says which committee came of it."""
        super().__init__(data, instance=instance, initial={"start": election.on} if election else None)
        self.is_new, self.election = instance._state.adding, election
        if self.is_new:
            del self.fields["ended_on"]
        elected: list[Any] = list(election.candidates.filter(elected=True).order_by("pk")) if election else []
        self.seats = seat_formset(instance, data, [{"post": c.post, "name": c.name} for c in elected])

    def is_valid(self) -> bool:
        return super().is_valid() & self.seats.is_valid()

    def clean(self) -> dict[str, Any]:
        """Refuse a second committee of the same number or day, and an end before the start."""
        given = super().clean() or {}
        others = self.instance.organization.committees.exclude(pk=self.instance.pk)
        start, ended_on = given.get("start"), given.get("ended_on")
        if others.filter(number=given.get("number")).exists():
            self.add_error("number", "这一届已经登记过，可以打开它来修改")
        if start and others.filter(start=start).exists():
            self.add_error("start", "已有一届在这一天开始，请核对日期")
        if not 1 <= (given.get("term_years") or 1) <= 10:
            self.add_error("term_years", "任期应在 1 到 10 年之间")
        if start and ended_on and ended_on <= start:
            self.add_error("ended_on", "结束日期应晚于任职开始")
        return given

    def store(self) -> Record:
        committee: Committee = self.instance
        version = committee.version
        committee.take_office()
        if self.election is not None and self.election.committee_id is None:
            self.election.committee = committee
            self.election.record()
        changed = [form for form in self.seats.forms if form.has_changed()]
        if changed and committee.version == version and not self.is_new:
            committee.record("change")
        if changed:
            store_rows(
                self.seats, committee.seats.in_bulk(), ("since", "left_on"), partial(CommitteeSeat, committee=committee)
            )
        return committee

    def _compare(self) -> bool:
        super()._compare()
        newest, typed = seat_line(CommitteeSeat.objects.filter(committee=self.instance.pk)), self.seats.written()
        if newest != typed:
            self.differences.append(Difference("成员", newest, typed))
        return bool(self.differences)


class SeatChangeForm(NamesakeMixin, RecordForm):
    """Somebody leaves a seat during the term; a successor may take it on the same day."""

    successor = forms.CharField(
        label="接任者",
        required=False,
        max_length=60,
        help_text="填姓名；暂缺的留空。",
        widget=forms.TextInput(attrs={"list": "members", "autocomplete": "off"}),
    )

    class Meta:
        model = CommitteeSeat
        fields = ("left_on",)
        labels = {"left_on": "离任日期"}

    field_order = ("left_on", "successor", "namesake")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["left_on"].required = True

    def is_valid(self) -> bool:
        """Say whether it can be saved; pressed a second time, the successor who is there already is no fault."""
        return super().is_valid() or self.was_saved()

    def clean_left_on(self) -> date:
        """Within the term, and not before the seat was taken."""
        left_on: date = self.cleaned_data["left_on"]
        since = self.instance.since or self.instance.committee.start
        if left_on < since:
            raise ValidationError(f"离任日期早于任职日期 {since}")
        return left_on

    def clean_successor(self) -> str:
        return person_name(self.cleaned_data["successor"])

    def clean(self) -> dict[str, Any]:
        """Find the successor among the members, and refuse who has held this very post already."""
        given = super().clean() or {}
        self.person = None
        if name := given.get("successor"):
            seat: CommitteeSeat = self.instance
            self.person = self.settle("successor", by_name(seat.committee.organization, [name])[name])
            if seat.committee.seats.filter(post=seat.post, name=name).exists():
                self.add_error("successor", "这个人在本届已经登记过这个职务")
        return given

    def store(self) -> Record:
        seat: CommitteeSeat = self.instance
        name, left_on = self.cleaned_data["successor"], self.cleaned_data["left_on"]
        return seat.hand_over(left_on, CommitteeSeat(name=name, member=self.person) if name else None)

    def address(self, record: Any) -> str:
        return self.instance.committee.get_absolute_url()
