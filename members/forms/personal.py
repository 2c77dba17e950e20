"""Forms of what is kept of one member: talks, major matters, honours and sanctions, achievements; of check-ins."""

import datetime as dt
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.models import Organization
from branches.querysets import OrganizationQuerySet, live_on
from ledgers import parsing
from ledgers.forms import RecordForm
from ledgers.models import Record

from ..models import CommunityCheckIn, Honor, MatterReport, Member, Membership, PerformanceRecord, ServiceEntry, Talk
from ..querysets import in_force
from .masked import MaskedForm
from .picking import MemberField
from .register import Day, ask_to_choose

TEXT = forms.Textarea(attrs={"rows": 5})
SHORT_TEXT = forms.Textarea(attrs={"rows": 2})


def branch_on(member: Member, day: date, user: User) -> Organization:
    """Return the branch that the member was in on a day, or is in now where that one is out of the user's sight."""
    stays = Membership.objects.visible_to(user, Right.MEMBERS_EDIT).filter(in_force(day), member=member)
    stay = stays.select_related("branch").first()
    return stay.branch if stay else member.branch


def unless_after(form: RecordForm, name: str, since: date | None, words: str) -> None:
    """Put an error on the date `name` where it lies before another."""
    day = form.cleaned_data.get(name)
    if day and since and day < since:
        form.add_error(name, f"不能早于{words} {since}")


class PersonalForm(RecordForm):
    """Base: whose record it is decides the branch that it belongs to, as of its day."""

    member = MemberField(label="党员", error_messages={"required": "请选择党员"})
    date = Day(label="日期")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_to_choose(self)
        self.user = user
        if self.instance._state.adding:
            self.initial["date"] = timezone.localdate()
        for name, field in self.fields.items():
            if isinstance(field, MemberField):
                held = getattr(self.instance, f"{name}_id")
                initial = self.initial.get(name)
                chosen = self.data.get(self.add_prefix(name)) if self.is_bound else getattr(initial, "pk", initial)
                field.offer(user, chosen or held, held)

    def store(self) -> Record:
        """Record it under the branch of that day; one that is there already stays where it was, unless it moves."""
        record: Any = self.instance
        if record.member is not None and (record._state.adding or {"member", "date"} & set(self.changed_data)):
            record.organization = branch_on(record.member, record.date, self.user)
        stored: Record = record.record()
        return stored


class TalkForm(PersonalForm):
    """A talk; the one who talked may be somebody outside the register."""

    member = MemberField(label="谈话对象", error_messages={"required": "请选择谈话对象"})
    talker = MemberField(label="谈话人", required=False)
    talker_name = forms.CharField(
        label="谈话人姓名", max_length=60, required=False, help_text="谈话人不在党员登记册里时填写"
    )
    followed_up_on = Day(label="办结日期", required=False)

    class Meta:
        model = Talk
        fields = (
            "kind", "date", "talker", "talker_name", "member", "content", "follow_up", "follow_up_by", "followed_up_on",
        )  # fmt: skip
        widgets = {"content": TEXT, "follow_up": SHORT_TEXT}
        help_texts = {"content": "加密保存。", "follow_up_by": "到期会在工作台提醒。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.talker_id:
            self.initial["talker_name"] = ""

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one talker, who is not the other one, and for days in order."""
        data = super().clean() or {}
        talker, name = data.get("talker"), parsing.person_name(data.get("talker_name") or "")
        if talker and data.get("member") == talker:
            self.add_error("talker", "谈话人和谈话对象不能是同一个人")
        if talker:
            data["talker_name"] = talker.name
        elif name:
            data["talker_name"] = name
        elif not {"talker", "talker_name"} & set(self.errors):
            self.add_error("talker", "请选择谈话人，或者在下面填姓名")
        if data.get("follow_up_by") and not data.get("follow_up"):
            self.add_error("follow_up", "填了办理期限，请写明要做什么")
        unless_after(self, "followed_up_on", data.get("date"), "谈话日期")
        unless_after(self, "follow_up_by", data.get("date"), "谈话日期")
        if not self.errors and _twin(self, talker_name=data["talker_name"], kind=data["kind"]):
            self.add_error(None, "这两个人当天同类的谈话已经登记过，请打开那一条修改")
        return data


class MatterForm(PersonalForm):
    """A major matter that a member reported, and what the organisation answered."""

    member = MemberField(label="报告人", error_messages={"required": "请选择报告人"})
    date = Day(label="报告日期")
    occurred_on = forms.DateField(label="发生日期", required=False, help_text="事项发生或打算发生的日期")
    answered_on = Day(label="答复日期", required=False)

    class Meta:
        model = MatterReport
        fields = ("member", "kind", "date", "occurred_on", "content", "opinion", "answered_on")
        widgets = {"content": TEXT, "opinion": SHORT_TEXT}
        help_texts = {"content": "加密保存。"}

    def clean(self) -> dict[str, Any]:
        """Check the days against each other."""
        data = super().clean() or {}
        unless_after(self, "answered_on", data.get("date"), "报告日期")
        if not self.errors and _twin(self, kind=data["kind"]):
            self.add_error(None, "这名党员当天同类的事项已经登记过，请打开那一条修改")
        return data


class HonorForm(PersonalForm):
    """An honour or a sanction of a member."""

    class Meta:
        model = Honor
        fields = ("member", "nature", "title", "date", "level", "authority", "document", "reason", "ends_on")
        widgets = {"reason": SHORT_TEXT}
        help_texts = {"title": "如：优秀共产党员、党内警告", "ends_on": "处分的影响期到哪天为止；奖励不填"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and self.instance.member_id is None:
            del self.fields["member"]  # the branch's own, from the ledger

    def clean(self) -> dict[str, Any]:
        """A period of effect is a sanction's, and lies after it."""
        data = super().clean() or {}
        if data.get("ends_on") and data.get("date") and data["ends_on"] <= data["date"]:
            self.add_error("ends_on", f"应在 {data['date']} 之后")
        if data.get("ends_on") and data.get("nature") == Honor.Nature.HONOR:
            self.add_error("ends_on", "奖励没有影响期，请清空")
        if data.get("nature") == Honor.Nature.SANCTION and "member" not in self.fields:
            self.add_error("nature", "支部集体没有惩处，请登记在党员名下")
        if not self.errors and _twin(self, title=data["title"], nature=data["nature"]):
            self.add_error(None, "这一项当天已经登记过，请打开那一条修改")
        return data


class AchievementForm(PersonalForm):
    """One entry of a cadre's record of achievements."""

    member = MemberField(label="干部", error_messages={"required": "请选择干部"})

    class Meta:
        model = PerformanceRecord
        fields = ("member", "date", "area", "title", "content", "evidence")
        widgets = {"content": TEXT}
        help_texts = {"evidence": "文件名、文号、报道链接等，能查得到的"}

    def clean(self) -> dict[str, Any]:
        """Refuse the same entry twice."""
        data = super().clean() or {}
        if not self.errors and _twin(self, title=data["title"]):
            self.add_error(None, "这一项当天已经登记过，请打开那一条修改")
        return data


def _twin(form: PersonalForm, **same: Any) -> bool:
    """Say whether another record of the same person and day is there already; not for a page that was saved before."""
    member, model = form.cleaned_data.get("member"), type(form.instance)
    if member is None or (form.instance._state.adding and form.was_saved()):
        return False
    others = model._default_manager.filter(member=member, date=form.cleaned_data["date"], **same)
    return others.exclude(pk=form.instance.pk).exists()


def communities_for(user: User, also: int | None) -> OrganizationQuerySet:
    """Return the live communities that the user keeps, those above what the user keeps, and the one `also`."""
    within = access_of(user)
    step = Organization.steplen
    above = {p[:end] for p in within.paths(Right.MEMBERS_EDIT) or () for end in range(step, len(p), step)}
    reach = within.scope(Right.MEMBERS_EDIT) | Q(path__in=above)
    communities: OrganizationQuerySet = Organization.objects.communities().filter(
        (reach & live_on(timezone.localdate())) | Q(pk=also)
    )
    return communities


class CheckInForm(MaskedForm):
    """Somebody who reports to a community: a member of the register, or a name with what they tell of themselves."""

    member = MemberField(label="党员", required=False, help_text="组织关系在本街道的，从这里选")
    name = forms.CharField(label="姓名", max_length=60, required=False, help_text="组织关系在外面的，填姓名和单位")
    phone = forms.CharField(label="联系电话", max_length=30, required=False)
    posts = forms.MultipleChoiceField(
        label="认领岗位", choices=CommunityCheckIn.Post.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    start = Day(label="报到日期")
    end = Day(label="结束日期", required=False, help_text="不再在本社区服务时填写")

    class Meta:
        model = CommunityCheckIn
        fields = (
            "community", "member", "name", "workplace", "party_branch", "phone", "specialty", "posts", "start", "end",
            "remarks",
        )  # fmt: skip
        error_messages = {"community": {"required": "请选择报到的社区"}}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.cover()
        self.fields["community"].queryset = communities_for(user, self.instance.community_id)  # type: ignore[attr-defined]
        ask_to_choose(self)
        field, initial = self.fields["member"], self.initial.get("member")
        assert isinstance(field, MemberField)
        chosen = self.data.get(self.add_prefix("member")) if self.is_bound else getattr(initial, "pk", initial)
        field.offer(user, chosen, self.instance.member_id)
        self.initial["posts"] = parsing.parted(self.instance.posts)
        if self.instance._state.adding:
            self.initial["start"] = timezone.localdate()
        if self.instance.member_id:
            self.initial["name"] = ""

    def clean_posts(self) -> str:
        """Write the posts as the record keeps them, in the order of the list."""
        return parsing.joined(post for post in CommunityCheckIn.Post.values if post in self.cleaned_data["posts"])

    def clean(self) -> dict[str, Any]:
        """Ask who it is, and see that nobody is checked in twice."""
        data = super().clean() or {}
        member, name = data.get("member"), parsing.person_name(data.get("name") or "")
        if member is None and not name and "member" not in self.errors:
            self.add_error("member", "请选择党员，或者在下面填姓名")
        data["name"] = member.name if member else name
        if member:
            data["party_branch"] = ""
            data["workplace"] = data.get("workplace") or member.workplace
            if not data.get("end") and not self.was_saved():
                held = CommunityCheckIn.objects.filter(member=member, end__isnull=True).exclude(pk=self.instance.pk)
                if other := held.select_related("community").first():
                    mine = access_of(self.user).has_on(Right.MEMBERS_VIEW, other.community.path)
                    where = f"在{other.community.name}" if mine else "在别的社区"
                    self.add_error("member", f"{member.name}已{where}报到，先结束那边的报到再登记")
        elif name and not data.get("workplace"):
            self.add_error("workplace", "组织关系在外面的，请填工作单位")
        if data.get("start") and data.get("end") and data["end"] <= data["start"]:
            self.add_error("end", f"应在报到日期 {data['start']} 之后")
        return data


class ServiceForm(RecordForm):
    """Hours served that no roll shows."""

    date = Day(label="日期")

    class Meta:
        model = ServiceEntry
        fields = ("date", "hours", "content")
        help_texts = {"hours": "单位：小时", "content": "社区志愿服务的考勤会自动计入，这里只登记别的服务。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial["date"] = timezone.localdate()

    def clean_date(self) -> dt.date:
        """Keep within the time of the check-in."""
        day: dt.date = self.cleaned_data["date"]
        checkin = self.instance.checkin
        if day < checkin.start or (checkin.end and day >= checkin.end):
            until = f" 至 {checkin.end}" if checkin.end else ""
            raise ValidationError(f"应在报到期间（{checkin.start}{until or ' 起'}）")
        return day
