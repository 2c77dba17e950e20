"""Forms of projects: the project itself, its milestones, participants, service and stories."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.forms.records import CheckedForm, PlacedForm
from branches.forms.tree import OrganizationField
from ledgers import parsing
from ledgers.forms import RecordForm

from ..models import Activity, BrandProject, Milestone, Participant, ServiceEvent, Story
from .cobuilding import OFFERED, TOGETHER, ActivityField


class ProjectField(forms.ModelChoiceField):
    """Projects, each with its organisation."""

    def label_from_instance(self, project: Any) -> str:
        return f"{project.name}（{project.organization.label}）"


class BrandForm(PlacedForm):
    """One project."""

    right = Right.ACTIVITIES_EDIT

    class Meta:
        model = BrandProject
        fields = (
            "organization", "name", "kind", "stage", "lead", "budget", "start", "end", "source", "summary", "note",
        )  # fmt: skip
        field_classes = {"organization": OrganizationField, "source": ProjectField}
        widgets = {"summary": forms.Textarea(attrs={"rows": 5})}
        help_texts = {
            "source": "从别的社区复制推广来的，选原来的项目；自己做起来的不选。",
            "end": "不再做的填写；这一天起不再计入。",
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        seen = BrandProject.objects.visible_to(user) | BrandProject.objects.filter(pk=self.instance.source_id)
        field = self.fields["source"]
        assert isinstance(field, ProjectField)
        field.queryset = seen.exclude(pk=self.instance.pk).select_related("organization")
        field.widget.attrs["data-pick"] = ""
        if self.instance._state.adding and self.initial.get("start") is None:
            self.initial["start"] = timezone.localdate()
        if not self.instance._state.adding:
            self.fields["organization"].disabled = True  # what belongs to it stays where it was done

    def clean_summary(self) -> str:
        """Keep it as it would be imported."""
        return parsing.text(self.cleaned_data["summary"])

    def clean_source(self) -> BrandProject | None:
        """Refuse a project that was itself replicated from this one."""
        source: BrandProject | None = self.cleaned_data["source"]
        sources = dict(BrandProject.objects.exclude(source=None).values_list("pk", "source_id"))
        above = source.pk if source else None
        while above is not None:
            if above == self.instance.pk:
                raise ValidationError("那个项目是从这个项目复制去的，不能反过来")
            above = sources.get(above)
        return source


class MilestoneForm(CheckedForm):
    """One milestone."""

    class Meta:
        model = Milestone
        fields = ("title", "due", "done_on")

    def _get_validation_exclusions(self) -> set[str]:
        # The project is given, not typed, and the title is unique within it.
        return super()._get_validation_exclusions() - {"project"}  # type: ignore[misc]


class ParticipantForm(CheckedForm):
    """One participant."""

    class Meta:
        model = Participant
        fields = ("name", "kind", "offer", "since", "until")
        help_texts = {"offer": "如“老人理发五折”“每周两次上门”。", "until": "不再参与的填写。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial["since"] = timezone.localdate()

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"project"}  # type: ignore[misc]


class ServiceForm(CheckedForm):
    """One service of a project."""

    class Meta:
        model = ServiceEvent
        fields = ("project", "date", "content", "place", "served", "volunteers", "activity")
        field_classes = {"project": ProjectField, "activity": ActivityField}
        help_texts = {"activity": "志愿服务等活动已经登记过的，选那次活动。"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = BrandProject.objects.visible_to(user, Right.ACTIVITIES_EDIT).select_related("organization")
        field, held = self.fields["project"], self.fields["activity"]
        assert isinstance(field, ProjectField) and isinstance(held, ActivityField)
        field.widget.attrs["data-pick"] = ""
        if self.instance._state.adding:
            field.queryset = projects
            if self.initial.get("date") is None:
                self.initial["date"] = timezone.localdate()
        else:
            field.queryset = projects.filter(pk=self.instance.project_id)
            field.disabled = True
        activities = Activity.objects.visible_to(user, Right.ACTIVITIES_EDIT).filter(kind__in=TOGETHER)
        if isinstance(project := self.initial.get("project"), BrandProject):
            activities = activities.under(project.organization)
        latest = activities.order_by("-date", "-pk").values_list("pk", flat=True)[:OFFERED]
        asked = getattr(self.initial.get("activity"), "pk", self.initial.get("activity"))
        offered = [*latest, *([asked] if asked else [])]
        held.queryset = Activity.objects.filter(pk__in=offered).order_by("-date", "-pk")

    def clean(self) -> dict[str, Any]:
        """Refuse an activity of another community."""
        given = super().clean()
        project, activity = given.get("project"), given.get("activity")
        if project and activity and not activity.organization.path.startswith(project.organization.path):
            self.add_error("activity", f"这次活动不是{project.organization.label}的，请重新选择")
        return given


class StoryForm(RecordForm):
    """One story; its photos are added on its page."""

    class Meta:
        model = Story
        fields = ("date", "title", "content")
        widgets = {"content": forms.Textarea(attrs={"rows": 8})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial.get("date") is None:
            self.initial["date"] = timezone.localdate()
