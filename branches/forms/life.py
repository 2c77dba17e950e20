"""Forms of how organisations live: renamed, of another kind, merged, split; elections, joint units, groups."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.form_errors import OwnWords
from accounts.models import User
from accounts.permissions import Right
from ledgers.forms import Difference
from ledgers.models import Record

from .. import restructuring
from ..models import Candidate, Election, GroupLeader, JointUnit, Organization, assign, names_of
from .records import CheckedForm, PlacedForm
from .tree import EventForm, NamesakeMixin, OrganizationField, OrganizationForm, by_name, person_name, store_rows

LISTED_WITH_BOXES = 40
"""Up to so many things to choose from stand with boxes to tick; more stand in a list that is searched by typing."""


def said(step: Callable[[], Any]) -> Any:
    """Do a step of a form's `store`; what it refuses becomes the form's error."""
    try:
        return step()
    except ValueError as refusal:
        raise ValidationError(str(refusal)) from refusal


class RenameForm(EventForm):
    """Another name from a day on."""

    name = forms.CharField(label="新名称", max_length=100)
    short_name = forms.CharField(label="新简称", max_length=40, required=False)

    class Meta(EventForm.Meta):
        labels = {"on": "更名日期"}

    field_order = ("name", "short_name")

    def clean_name(self) -> str:
        """Another one than now, and none that a sister has."""
        name: str = self.cleaned_data["name"].strip()
        if name == self.organization.name:
            raise ValidationError("和现在的名称相同")
        parent = Organization.objects.get_parent(self.organization)
        sisters = Organization.objects.get_children(parent) if parent else Organization.objects.filter(depth=1)
        if sisters.undissolved().filter(name=name).exclude(pk=self.organization.pk).exists():
            raise ValidationError("同一上级下已有同名的组织，请加以区分")
        return name

    def store(self) -> Record:
        given = self.cleaned_data
        return said(
            lambda: self.organization.rename(given["name"], given["on"], given["document"], given["short_name"])
        )


class KindForm(EventForm):
    """Another kind from a day on."""

    class Meta(EventForm.Meta):
        fields = ("new_kind", "on", "document")
        labels = {"new_kind": "新的类别", "on": "变动日期"}
        help_texts = {
            "on": "从这一天起按新类别统计，此前各月的数字不变。类别当初登记错了的，填成立日期。",
            "document": EventForm.Meta.help_texts["document"],
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in Organization.Kind if kind != self.organization.kind]
        self.fields["new_kind"] = forms.ChoiceField(
            label="新的类别", choices=[("", "请选择"), *((kind.value, kind.label) for kind in kinds)]
        )
        self.order_fields(["new_kind"])

    def store(self) -> Record:
        given = self.cleaned_data
        return said(lambda: self.organization.become(given["new_kind"], given["on"], given["document"]))


class BranchesField(forms.ModelMultipleChoiceField):
    """Several branches, each with where it stands."""

    def label_from_instance(self, organization: Any) -> str:
        return f"{organization.name}（{organization.code}）"


class MergeForm(EventForm):
    """Other branches merged into this one."""

    sources = BranchesField(
        None, label="并入的党支部", help_text="它们的党员从合并之日起转到本支部，它们和各自的党小组从这一天起撤销。"
    )

    class Meta(EventForm.Meta):
        labels = {"on": "合并日期"}
        help_texts = {
            "on": "此前各月的数字仍归原支部。",
            "document": EventForm.Meta.help_texts["document"],
        }

    field_order = ("sources",)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = Organization.objects.visible_to(user, Right.ORGANIZATIONS_RESTRUCTURE).undissolved().branches()
        field = self.fields["sources"]
        assert isinstance(field, BranchesField)
        field.queryset = there.exclude(pk=self.organization.pk)
        few = field.queryset[: LISTED_WITH_BOXES + 1].count() <= LISTED_WITH_BOXES
        field.widget = forms.CheckboxSelectMultiple() if few else forms.SelectMultiple(attrs={"data-pick": ""})
        field.widget.choices = field.choices

    def store(self) -> Record:
        given = self.cleaned_data
        said(lambda: restructuring.merge(self.organization, list(given["sources"]), given["on"], given["document"]))
        return self.organization


class MembersField(forms.ModelMultipleChoiceField):
    """Several members of one branch."""

    def label_from_instance(self, member: Any) -> str:
        words = [member.get_category_display(), member.group_name]
        return f"{member.name}（{'，'.join(word for word in words if word)}）"


class SplitForm(OrganizationForm):
    """A new branch beside an existing one, with some of its members."""

    on = forms.DateField(
        label="分设日期", widget=forms.DateInput(attrs={"type": "date"}), help_text="此前各月的数字仍归原支部。"
    )
    members = MembersField(
        None,
        label="转到新支部的党员",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请勾选转到新支部的党员"},
    )

    class Meta(OrganizationForm.Meta):
        fields = ("code", "name", "short_name", "kind", "unit_kind", "expires_on")  # type: ignore[assignment]

    def __init__(self, *args: Any, source: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = source
        del self.fields["parent"]
        branches = [(kind.value, kind.label) for kind in Organization.Kind.branches()]
        self.fields["kind"] = forms.ChoiceField(label="组织类别", choices=branches, initial=source.kind)
        field = self.fields["members"]
        assert isinstance(field, MembersField)
        people = apps.get_model("members", "Member").objects.live().filter(branch=source)
        field.queryset = people.order_by("group_name", "pinyin", "pk")
        self.initial.setdefault("unit_kind", source.unit_kind)
        self.initial.setdefault("on", timezone.localdate())
        self.order_fields(
            ["code", "name", "short_name", "kind", "unit_kind", "expires_on", "on", "document", "members"]
        )

    def clean(self) -> dict[str, Any]:
        """The new branch stands beside the old one."""
        given = {**self.cleaned_data, "parent": Organization.objects.get_parent(self.source)}
        self.cleaned_data = given
        return super().clean()

    def clean_members(self) -> Any:
        """Some, not all."""
        chosen = self.cleaned_data["members"]
        field = self.fields["members"]
        assert isinstance(field, MembersField)
        assert field.queryset is not None
        if len(chosen) == field.queryset.count():
            raise ValidationError("全部党员都转走就不是分设了；只是换名称的，请办理更名")
        return chosen

    def store(self) -> Record:
        given = self.cleaned_data
        chosen = [member.pk for member in given["members"]]
        return said(lambda: restructuring.split(self.source, self.instance, chosen, given["on"], given["document"]))


class JointUnitForm(PlacedForm):
    """One unit of a joint branch."""

    class Meta:
        model = JointUnit
        fields = ("organization", "name", "unit_kind", "start", "end", "note")
        field_classes = {"organization": OrganizationField}
        labels = {"organization": "联合党支部"}
        help_texts = {"end": "不再由它覆盖的填写；这一天起不再计入。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        assert isinstance(field, OrganizationField) and field.queryset is not None
        field.queryset = field.queryset.filter(kind=Organization.Kind.JOINT_BRANCH)

    def clean(self) -> dict[str, Any]:
        """Refuse a time in which the unit is covered already."""
        given = super().clean()
        start, end = given.get("start"), given.get("end")
        if start and given.get("organization") and given.get("name"):
            others = JointUnit.objects.filter(organization=given["organization"], name=given["name"])
            others = others.exclude(pk=self.instance.pk).exclude(end__lte=start)
            if (others.filter(start__lt=end) if end else others).exists():
                self.add_error("start", "与这个单位另一条记录的时间重叠，请先填那一条的退出日期")
        return given

    def address(self, record: Any) -> str:
        return record.organization.get_absolute_url()


# Groups


class LeaderForm(NamesakeMixin, CheckedForm):
    """A new leader of a group; the one before ends on the day this one starts."""

    class Meta:
        model = GroupLeader
        fields = ("name", "since")
        labels = {"name": "组长"}
        widgets = {"name": forms.TextInput(attrs={"list": "members", "autocomplete": "off"})}
        help_texts = {"since": "现任组长自动在这一天离任。"}

    field_order = ("name", "namesake", "since")

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean_since(self) -> date:
        """Not to come, and not before the group was founded."""
        since: date = self.cleaned_data["since"]
        group = self.instance.group
        if since > timezone.localdate():
            raise ValidationError("日期不能晚于今天")
        if group.established and since < group.established:
            raise ValidationError(f"日期不能早于党小组成立日期 {group.established}")
        return since

    def clean(self) -> dict[str, Any]:
        """Find the member of the branch who is meant."""
        given = super().clean()
        if name := given.get("name"):
            branch = Organization.objects.get_parent(self.instance.group)
            self.instance.member = self.settle("name", by_name(branch, [name])[name])
        return given

    def store(self) -> Record:
        return said(self.instance.take_over)


KEEP = "keep"
"""Choice that leaves a group name as the register has it, though no group of the branch is called so."""


class GroupingForm(OwnWords, forms.Form):
    """All members of a branch with the group of each."""

    def __init__(self, *args: Any, branch: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        below = Organization.objects.get_children(branch).live_on(today)
        self.groups = {str(g.pk): g for g in below.filter(kind=Organization.Kind.GROUP)}
        members = apps.get_model("members", "Member").objects.live().filter(branch=branch).select_related("branch")
        self.people = {f"m{m.pk}": m for m in members.order_by("group_name", "pinyin", "pk")}
        groups = [(pk, group.label) for pk, group in self.groups.items()]
        for name, member in self.people.items():
            now = next((pk for pk, g in self.groups.items() if member.group_name in names_of(g)), "")
            choices = [("", "未编组"), *groups]
            if member.group_name and not now:
                now = KEEP
                choices.append((KEEP, f"{member.group_name}（花名册所填，没有这个小组）"))
            self.fields[name] = forms.ChoiceField(label=member.name, choices=choices, initial=now, required=False)

    def save(self) -> int:
        """Write what was changed, and return how many."""
        return assign(
            {
                self.people[name]: self.groups.get(self.cleaned_data[name])
                for name in self.changed_data
                if self.cleaned_data[name] != KEEP
            }
        )


# Elections


class CandidateForm(NamesakeMixin, OwnWords, forms.ModelForm):
    """One line of an election."""

    class Meta:
        model = Candidate
        fields = ("post", "name", "votes", "elected")
        widgets = {"name": forms.TextInput(attrs={"list": "members", "autocomplete": "off"})}

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])


class BaseCandidateFormSet(forms.BaseInlineFormSet):
    """All candidates of one election: finds the members behind the names with one query."""

    instance: Election

    @property
    def filled(self) -> list[Any]:
        """The lines with a name."""
        return [f for f in self.forms if f.cleaned_data.get("name") and not f.cleaned_data.get("DELETE")]

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        if not self.filled:
            raise ValidationError("请至少填一名候选人")
        place = self.instance.organization
        found = by_name(place, [f.cleaned_data["name"] for f in self.filled])
        for form in self.filled:
            if "name" in form.changed_data or not form.instance.member_id:
                form.instance.member = form.settle("name", found[form.cleaned_data["name"]])

    def written(self) -> str:
        """Return the candidates according to the form, as one line."""
        return candidate_line(form.instance for form in self.filled)


def candidate_line(candidates: Any) -> str:
    """Return candidates as one line."""
    lines = (f"{c} {c.votes} 票{'当选' if c.elected else ''}" for c in candidates)
    return "、".join(sorted(lines))


class ElectionForm(CheckedForm):
    """An election with its candidates, saved together."""

    class Meta:
        model = Election
        fields = (
            "on", "kind", "method", "places", "voters", "present", "issued", "collected", "valid",
            "committee", "document", "note",
        )  # fmt: skip
        help_texts = {
            "committee": "已经登记新一届班子的，选它；没有的可以先空着。",
            "voters": "有选举权的党员，预备党员不算。",
            "present": "须达到应到人数的五分之四。",
        }

    def __init__(self, data: Mapping[str, Any] | None = None, *, instance: Election, **kwargs: Any) -> None:
        super().__init__(data, instance=instance, **kwargs)
        fresh = instance._state.adding
        self.is_new = fresh
        committees = self.fields["committee"]
        assert isinstance(committees, forms.ModelChoiceField)
        committees.queryset = instance.organization.committees.all()
        committees.label_from_instance = lambda committee: f"{committee.number}（{committee.start} 起）"  # type: ignore[method-assign,assignment]
        made: type[Any] = forms.inlineformset_factory(
            Election,
            Candidate,
            form=CandidateForm,
            formset=BaseCandidateFormSet,
            extra=6 if fresh else 2,
            can_delete=not fresh,
            max_num=40,
        )
        self.candidates: BaseCandidateFormSet = made(data, instance=instance, prefix="candidates")

    def is_valid(self) -> bool:
        return super().is_valid() & self.candidates.is_valid()

    def clean(self) -> dict[str, Any]:
        """Refuse a second election of the day, and one before the organisation was founded or after its end."""
        given = super().clean()
        organization, on = self.instance.organization, given.get("on")
        if on is None:
            return given
        if organization.elections.filter(on=on).exclude(pk=self.instance.pk).exists():
            self.add_error("on", "这一天的选举已经登记过，可以打开它来修改")
        if organization.established and on < organization.established:
            self.add_error("on", f"选举日期早于成立日期 {organization.established}")
        if organization.dissolved_on and on >= organization.dissolved_on:
            self.add_error("on", f"它已在 {organization.dissolved_on} 撤销")
        return given

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.is_bound:
            return
        valid, places = self.cleaned_data.get("valid"), self.cleaned_data.get("places")
        if not self.candidates.is_valid() or valid is None or places is None:
            return
        filled = self.candidates.filled
        for form in filled:
            if form.cleaned_data["votes"] > valid:
                form.add_error("votes", f"得票不能多于有效选票 {valid}")
        if sum(form.cleaned_data["elected"] for form in filled) > places:
            self.add_error("places", "当选的人数多于应选名额，请核对")

    def store(self) -> Record:
        election: Election = self.instance
        version = election.version
        election.record()
        changed = [form for form in self.candidates.forms if form.has_changed()]
        if changed and election.version == version and not self.is_new:
            election.record("change")
        if changed:
            store_rows(
                self.candidates,
                election.candidates.in_bulk(),
                ("votes", "elected"),
                partial(Candidate, election=election),
            )
        return election

    def _compare(self) -> bool:
        super()._compare()
        newest = candidate_line(Candidate.objects.filter(election=self.instance.pk))
        if newest != self.candidates.written():
            self.differences.append(Difference("候选人", newest, self.candidates.written()))
        return bool(self.differences)
