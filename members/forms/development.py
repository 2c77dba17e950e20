"""Forms of 发展党员: the person, one step, the end of a case."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from accounts.models import User
from ledgers import parsing
from ledgers.forms import RecordForm
from ledgers.models import Submission
from ledgers.papers import ACCEPT, Paper, Refused
from ledgers.papers import take as take_paper
from members import quality
from members.forms.masked import MaskedForm, id_number_field
from members.forms.register import Day, ask_to_choose, editable_branches
from members.models import DevelopmentCase, DevelopmentStep, DevelopmentVote, mask_id, mask_phone, progress_of
from members.models.papers import hang

from ..development import people
from ..development.procedure import ADULT_AT, BY_CODE, Need, VoteKind, missing_before, needed_first, too_early

PEOPLE_WANTED = {"mentors": (1, 2), "sponsors": (2, 2)}
"""How many names a step takes."""
COUNTS = (("expected", "应到"), ("present", "实到"), ("in_favour", "赞成"), ("against", "反对"), ("abstained", "弃权"))


PAPERS = {
    "apply": "入党申请书", "talk": "谈话记录", "activist": "推荐、推优和会议记录", "activist-filed": "备案报告和批复",
    "examination": "思想汇报、培养考察登记", "candidate": "双评和会议记录、公示", "candidate-filed": "备案报告和批复",
    "vetting": "自传、函调或外调材料、政审结论", "training": "结业证书、成绩单", "committee": "会议记录、公示",
    "pre-approval": "预审意见", "form": "入党志愿书", "admission": "大会记录、票决结果", "admission-talk": "谈话记录",
    "admission-approval": "批复", "probation": "考察登记、思想汇报", "request": "转正申请书",
    "extension": "大会记录、批复", "regularisation": "大会记录、票决结果", "regularisation-approval": "批复",
}  # fmt: skip
"""The papers that usually come with a step."""
FILES_AT_ONCE = 10


class ManyFiles(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class PapersField(forms.FileField):
    """Papers to be hung on a record: what was taken, checked and stored."""

    widget = ManyFiles(attrs={"accept": ACCEPT})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, data: Any) -> list[Paper]:  # type: ignore[override]
        """Take what was uploaded. Raises ValidationError, in Chinese, for what is refused."""
        files = data or []
        if len(files) > FILES_AT_ONCE:
            raise ValidationError(f"一次最多添加 {FILES_AT_ONCE} 个文件")
        try:
            return [take_paper(file)[0] for file in files]
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal

    def clean(self, data: Any, initial: Any = None) -> list[Paper]:
        """Return the papers; an empty list where none was chosen."""
        return self.to_python(data)


def papers_field(code: str) -> PapersField:
    """Return the field for the papers of a step, naming those that usually come with it."""
    hint = f"如：{PAPERS[code]}。" if code in PAPERS else ""
    return PapersField(label="材料", help_text=f"{hint}可以选多个文件，扫描件、照片也可以")


class CaseForm(MaskedForm):
    """The person who applies."""

    masks = {"id_number": mask_id, "phone": mask_phone}

    applied_on = Day(label="申请入党日期", help_text="递交入党申请书之日")
    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "请填姓名"})
    id_number = id_number_field()
    phone = forms.CharField(label="联系电话", max_length=30, required=False)

    class Meta:
        model = DevelopmentCase
        fields = (
            "name", "id_number", "gender", "birth_date", "education", "workplace", "phone", "branch", "applied_on",
            "remarks",
        )  # fmt: skip
        help_texts = {"gender": "不填则按身份证号", "birth_date": "不填则按身份证号"}
        error_messages = {"branch": {"required": "请选择党支部"}}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_to_choose(self)
        self.user = user
        self.cover()
        self.fields["papers"] = papers_field("apply")
        if self.is_new:
            self.fields["branch"].queryset = editable_branches(user)  # type: ignore[attr-defined]
            self.fields["branch"].widget.attrs["data-pick"] = ""
            return
        del self.fields["branch"]

    def clean_name(self) -> str:
        """Write the name the one way that imports write it."""
        return parsing.person_name(self.cleaned_data["name"])

    def clean_id_number(self) -> str:
        """Check the ID's digits."""
        return self.read("id_number", lambda number: quality.read_id(number).number)

    def clean(self) -> dict[str, Any]:
        """Check age and dates (R27), and that the person has no other case."""
        super().clean()
        data = self.cleaned_data
        number, applied = data.get("id_number"), data.get("applied_on")
        if not number:
            return data
        for fault in quality.faults_of_id(number, data.get("birth_date"), data.get("gender", "")):
            self.add_error(fault.fields[0], fault.what)
        self._refuse_twin(number)
        born = data.get("birth_date") or quality.read_id(number).birth_date
        if applied and applied < born + ADULT_AT:
            self.add_error("applied_on", f"申请入党时应年满十八岁（{born + ADULT_AT} 才满）")
        if applied and not self.is_new:
            first = self.instance.steps.order_by("on").first()
            if first and first.on < applied:
                self.add_error("applied_on", f"不能晚于后面的步骤：“{first.get_code_display()}”在 {first.on}")
        return data

    def _refuse_twin(self, number: str) -> None:
        token = self.cleaned_data.get("token")
        if token and Submission.objects.filter(token=token, user=self.user).exists():
            return  # a second press: the record is the one that the first press made
        cases = DevelopmentCase.objects.visible_to(self.user).filter(closed_on__isnull=True)
        twin = cases.with_citizen_id(number).exclude(pk=self.instance.pk).select_related("branch").first()
        if twin:
            where = f"{twin.name}（{twin.branch.name}）"
            self.add_error(
                "id_number",
                ValidationError(
                    format_html('这个人已经在发展党员台账里：<a href="{}">{}</a>', twin.get_absolute_url(), where)
                ),
            )

    def store(self) -> DevelopmentCase:
        """Record the person; what is due follows from the day of application."""
        case: DevelopmentCase = self.instance
        case.settle()
        hang(case, self.cleaned_data["papers"], self.user)
        return case


class StepForm(RecordForm):
    """One step taken: its day, and what else the procedure wants of it; or the reason why it is passed over.

    Where steps of earlier stages are not on record, `gap_reason` must say why: they are marked as exceptions.
    """

    on = Day(label="日期")
    gap_reason = forms.CharField(label="前面的步骤没有办理的原因", max_length=200, required=False)

    class Meta:
        model = DevelopmentStep
        fields = (
            "on", "people", "public_from", "public_to", "days", "hours", "until", "document", "note", "exception_reason"
        )  # fmt: skip
        labels = {"exception_reason": "作为例外的原因"}
        help_texts = {
            "exception_reason": "这一步没有办理、又要往下办的，写明原因，记为例外；办理了的不填。",
            "document": "批复文号、材料名称",
        }

    def __init__(self, *args: Any, user: User, steps: list[DevelopmentStep], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.step = BY_CODE[self.instance.code]
        self.others = [step for step in steps if step.pk != self.instance.pk]
        self.progress = progress_of(self.instance.case, self.others)
        self.gaps = missing_before(self.step, self.progress.taken) if self.instance._state.adding else []
        self.barrier = needed_first(self.step, self.progress.taken)
        wanted = {
            "people": Need.PEOPLE, "public_from": Need.PUBLICITY, "public_to": Need.PUBLICITY, "days": Need.TRAINING,
            "hours": Need.TRAINING, "until": Need.UNTIL, "document": Need.DOCUMENT,
        }  # fmt: skip
        for name, need in wanted.items():
            if not self.step.has(need):
                del self.fields[name]
        if self.step.firm or self.step.optional:
            del self.fields["exception_reason"]
        if not self.gaps:
            del self.fields["gap_reason"]
        if "people" in self.fields:
            self.fields["people"].label = self.step.people
            self.fields["people"].help_text = "多人用顿号隔开；花名册里的正式党员会自动对上"
            self.fields["people"].widget.attrs |= {"autocomplete": "off"}
        if "until" in self.fields:
            self.fields["until"].required = True
        self.fields["papers"] = papers_field(self.step.code)
        held = {vote.kind: vote for vote in self.instance.votes.all()} if self.instance.pk else {}
        for kind in self.step.votes:
            for name, label in COUNTS:
                self.fields[f"{kind.value}-{name}"] = forms.IntegerField(
                    label=label, min_value=0, required=False, initial=getattr(held.get(kind.value), name, None)
                )

    @property
    def plain(self) -> Iterator[forms.BoundField]:
        """The fields of the step itself, for the page."""
        for field in self.visible_fields():
            if field.name not in ("gap_reason", "exception_reason", "papers") and "-" not in field.name:
                yield field

    @property
    def polls(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Whose votes, with the fields to count them."""
        for kind in self.step.votes:
            yield VoteKind(kind).label, [self[f"{kind.value}-{name}"] for name, _ in COUNTS]

    def clean(self) -> dict[str, Any]:
        """Check the day against the steps around it, and that nothing is passed over in silence."""
        super().clean()
        data = self.cleaned_data
        self.votes = [vote for kind in self.step.votes if (vote := self._vote(kind))]
        if self.barrier:
            self.add_error(None, f"请先登记“{self.barrier.title}”")
        if "gap_reason" in self.fields and not data.get("gap_reason"):
            self.add_error("gap_reason", "前面的阶段还有步骤没有登记：请先登记，或者写明没有办理的原因")
        if on := data.get("on"):
            self._check_day(on)
        if data.get("exception_reason"):
            return data
        if "people" in self.fields:
            self._place_people(data)
        if self.step.has(Need.TRAINING) and not (data.get("days") or data.get("hours")):
            self.add_error("days", "请填培训天数或学时")
        if data.get("public_to") and not data.get("public_from"):
            self.add_error("public_from", "请填公示开始日期")
        elif data.get("public_from") and data.get("public_to") and data["public_to"] < data["public_from"]:
            self.add_error("public_to", "公示结束不能早于公示开始")
        if data.get("until") and on and data["until"] <= on:
            self.add_error("until", "延长到的日期应在讨论决定之后")
        return data

    def _check_day(self, on: date) -> None:
        if why := too_early(self.step, on, self.progress):
            self.add_error("on", why)
        later = [s for s in self.others if s.step.follows == self.step.code and s.on < on]
        if later:
            self.add_error("on", f"不能晚于“{later[0].get_code_display()}”的日期 {later[0].on}")
        if any(s.code == self.step.code and s.on == on for s in self.others):
            self.add_error("on", "这一天已经登记过")

    def _place_people(self, data: dict[str, Any]) -> None:
        """Match the names with the register."""
        names = people.names_in(data.get("people", ""))
        least, most = PEOPLE_WANTED.get(self.step.code, (0, 5))
        if not least <= len(names) <= most or len(set(names)) < len(names):
            want = f"{least} 名" if least == most else f"{least} 至 {most} 名"
            self.add_error("people", f"请填 {want}不同的人，用顿号隔开")
            return
        data["people"] = people.written(names)
        found = people.placed(names, self.instance.case.branch_id, people.named(self.user, names))
        self.instance.first_member_id, self.instance.second_member_id, *_ = [*found, None, None]

    def _vote(self, kind: VoteKind) -> DevelopmentVote | None:
        """Read the votes of one body; nothing where none of it was filled in."""
        counts = {name: self.cleaned_data.get(f"{kind.value}-{name}") for name, _ in COUNTS}
        if all(count is None for count in counts.values()):
            return None
        first = f"{kind.value}-expected"
        if any(counts[name] is None for name in ("expected", "present", "in_favour")):
            self.add_error(first, "请填应到、实到和赞成票数")
            return None
        numbers = {name: count or 0 for name, count in counts.items()}
        cast = numbers["in_favour"] + numbers["against"] + numbers["abstained"]
        if numbers["present"] > numbers["expected"]:
            self.add_error(f"{kind.value}-present", "实到不能多于应到")
        elif cast > numbers["present"]:
            self.add_error(f"{kind.value}-in_favour", "赞成、反对、弃权加起来不能多于实到")
        elif kind in (VoteKind.ADMISSION, VoteKind.REGULARISATION):
            if numbers["present"] * 2 < numbers["expected"]:
                self.add_error(f"{kind.value}-present", "有表决权的到会人数不到应到的半数，大会不能开")
            elif numbers["in_favour"] * 2 <= numbers["expected"]:
                self.add_error(f"{kind.value}-in_favour", "赞成票没有超过应到会有表决权党员的半数，不能通过")
        return DevelopmentVote(kind=kind.value, **numbers)

    def store(self) -> DevelopmentStep:
        """Record what is passed over before it, then the step with its votes; the case follows."""
        step: DevelopmentStep = self.instance
        for gap in self.gaps:
            reason = self.cleaned_data["gap_reason"]
            DevelopmentStep(case=step.case, code=gap.code, on=step.on, exception_reason=reason).record()
        step.take(self.votes)
        hang(step, self.cleaned_data["papers"], self.user)
        return step


class CloseForm(RecordForm):
    """The end of a case that does not go on."""

    closed_on = Day(label="终止日期", help_text="从这一天起不再计入各阶段人数")
    closed_reason = forms.CharField(
        label="终止原因",
        max_length=200,
        help_text="如：本人撤回申请、转到别的支部、没有通过审批、取消预备党员资格",
        error_messages={"required": "请写明终止原因"},
    )

    class Meta:
        model = DevelopmentCase
        fields = ("closed_on", "closed_reason")

    def clean_closed_on(self) -> date:
        """The end lies after what is on record."""
        on: date = self.cleaned_data["closed_on"]
        last = max([self.instance.applied_on, *self.instance.steps.values_list("on", flat=True)])
        if on < last:
            raise ValidationError(f"终止日期不能早于最后一步的日期 {last}")
        return on

    def store(self) -> DevelopmentCase:
        """End the case."""
        case: DevelopmentCase = self.instance
        return case.close(self.cleaned_data["closed_on"], self.cleaned_data["closed_reason"])
