"""Forms of what is kept beside activities: democratic reviews, criticism and promises, themes, series, certificates."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.forms.tree import OrganizationField
from branches.models import Organization
from ledgers.forms import RecordForm
from members.forms.personal import PersonalForm
from members.forms.picking import MemberField
from members.forms.register import Day, ask_to_choose

from ..models import Certificate, Criticism, DemocraticReview, Promise, StudySeries, StudyTheme

TEXT = forms.Textarea(attrs={"rows": 5})
SHORT_TEXT = forms.Textarea(attrs={"rows": 2})


class KeptForm(RecordForm):
    """Base: lists say whether something must be chosen; constraints are checked with the fields that are not shown."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_to_choose(self)
        self.user = user
        for name, field in self.fields.items():
            if isinstance(field, MemberField):
                held = getattr(self.instance, f"{name}_id")
                chosen = self.data.get(self.add_prefix(name)) if self.is_bound else self.initial.get(name)
                field.offer(user, chosen or held, held)
                if not field.required:
                    _, *people = field.widget.choices
                    field.widget.choices = [("", self.nobody), *people]

    nobody = "不是登记册里的党员"
    """What an empty choice of a member means."""

    def twins(self, **same: Any) -> bool:
        """Say whether another record like this is there already; not for a page that was saved before."""
        if self.errors or (self.instance._state.adding and self.was_saved()):
            return False
        others = type(self.instance)._default_manager.filter(**same)
        return others.exclude(pk=self.instance.pk).exists()


class DemocraticReviewForm(KeptForm):
    """One member's review: what the sheet does not show is the day of the grade."""

    class Meta:
        model = DemocraticReview
        fields = ("self_reviewed", *DemocraticReview.VOTES, "grade", "date", "decision")
        widgets = {"decision": SHORT_TEXT}
        help_texts = {"decision": "评为不合格的，写明怎样处置。"}

    def clean(self) -> dict[str, Any]:
        """Check the day against the year."""
        given = super().clean() or {}
        for name, message in DemocraticReview.faults({"year": self.instance.year, **given}):
            self.add_error(name if name in self.fields else NON_FIELD_ERRORS, message)
        return given


class CriticismForm(KeptForm):
    """What one said about another, or about themselves."""

    nobody = "自我批评不选"
    member = MemberField(label="批评对象", error_messages={"required": "请选择批评对象"})
    speaker = MemberField(label="批评人", required=False)

    class Meta:
        model = Criticism
        fields = ("kind", "member", "speaker", "content")
        widgets = {"content": TEXT}
        help_texts = {"content": "加密保存。一个人对另一个人的意见写在一起。"}

    def clean(self) -> dict[str, Any]:
        """A criticism is one's own or somebody else's, and one for each pair."""
        given = super().clean() or {}
        kind, speaker, member = given.get("kind"), given.get("speaker"), given.get("member")
        if kind == Criticism.Kind.SELF:
            speaker = given["speaker"] = None
        elif kind and not speaker and "speaker" not in self.errors:
            self.add_error("speaker", "相互批评要选批评人")
        if speaker and speaker == member:
            self.add_error("speaker", "批评人和批评对象是同一个人，请改选自我批评")
        if self.twins(activity=self.instance.activity, kind=kind, speaker=speaker, member=member):
            self.add_error(None, "这次会上的这一条已经登记过，请打开那一条修改")
        return given


class PromiseForm(KeptForm):
    """What somebody, or the committee as a whole, promised."""

    nobody = "支部班子"
    owner = MemberField(label="承诺人", required=False)
    done_on = Day(label="完成日期", required=False)

    class Meta:
        model = Promise
        fields = ("owner", "item", "measure", "deadline", "done_on", "result")
        widgets = {"measure": SHORT_TEXT, "result": SHORT_TEXT}
        help_texts = {"item": "一句话写清要改什么。", "deadline": "到期没有完成会在工作台提醒。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["done_on"] = self.instance.done_on

    def clean(self) -> dict[str, Any]:
        """Check days against the meeting, and refuse the same promise twice."""
        given = super().clean() or {}
        activity = self.instance.activity
        for name, message in Promise.faults(given, activity.date, timezone.localdate()):
            self.add_error(name, message)
        if self.twins(activity=activity, owner=given.get("owner"), item=given.get("item")):
            self.add_error("item", "这次会上的这一项已经登记过，请打开那一条修改")
        return given


class CertificateForm(PersonalForm):
    """Training that a member took elsewhere."""

    date = Day(label="结业日期")

    class Meta:
        model = Certificate
        fields = ("member", "title", "issuer", "date", "hours", "number", "concentrated")
        labels = {"concentrated": "是集中轮训"}
        help_texts = {
            "hours": "计入结业日期那一年。",
            "concentrated": "党组织书记、班子成员每年至少参加一次。",
        }

    def clean(self) -> dict[str, Any]:
        """Refuse the same certificate twice."""
        given = super().clean() or {}
        if self.errors or (self.instance._state.adding and self.was_saved()):
            return given
        same = {name: given[name] for name in ("member", "date", "title")}
        if Certificate.objects.filter(**same).exclude(pk=self.instance.pk).exists():
            self.add_error(None, "这张证书已经登记过，请打开那一条修改")
        return given


class SetForm(KeptForm):
    """Base of what an organisation sets for all below it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editable = Organization.objects.visible_to(self.user, Right.ACTIVITIES_EDIT)
        field = self.fields["organization"]
        assert isinstance(field, OrganizationField)
        field.queryset = editable.undissolved() | editable.filter(pk=self.instance.organization_id)
        field.empty_label = "请选择"
        field.widget.attrs["data-pick"] = ""
        self.initial.setdefault("year", timezone.localdate().year)


class ThemeForm(SetForm):
    """What is studied in a year."""

    class Meta:
        model = StudyTheme
        fields = ("organization", "year", "title", "document", "note")
        field_classes = {"organization": OrganizationField}
        widgets = {"note": SHORT_TEXT}
        help_texts = {"organization": "这个组织和下级都学。", "document": "文件名称和文号。"}


class SeriesForm(SetForm):
    """Activities that belong together."""

    class Meta:
        model = StudySeries
        fields = ("organization", "year", "title", "theme", "concentrated", "note")
        field_classes = {"organization": OrganizationField}
        widgets = {"note": SHORT_TEXT}
        labels = {"concentrated": "是集中轮训"}
        help_texts = {
            "organization": "这个组织和下级的活动都可以选这个系列。",
            "concentrated": "参加其中的活动算一次集中培训。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["theme"].queryset = StudyTheme.objects.readable_by(self.user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A theme is of the same year."""
        given = super().clean() or {}
        theme = given.get("theme")
        if theme and given.get("year") and theme.year != given["year"]:
            self.add_error("theme", f"这个主题是 {theme.year} 年的，请另选，或改年度")
        return given
