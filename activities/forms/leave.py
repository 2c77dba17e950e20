"""The form of a leave request: noted in seconds, granted with the same button."""

from typing import Any

from accounts.models import User
from branches.models import Organization
from ledgers.forms import RecordForm
from members.forms.personal import branch_on
from members.forms.picking import MemberField
from members.forms.register import Day

from ..models import Activity, LeaveRequest
from ..panels.leave import mark_rolls

DECISION = ("state", "decided_by", "decided_on", "note")


class LeaveForm(RecordForm):
    """A request for some days, or for the activity of its instance. A new one is granted where `action` says so."""

    member = MemberField(label="请假人", error_messages={"required": "请选择请假人"})
    asked_on = Day(label="申请日期")

    class Meta:
        model = LeaveRequest
        fields = ("member", "start", "end", "reason", "asked_on", *DECISION)
        help_texts = {"end": "只请一天的不填。", "reason": "如“出差”“住院”，写进考勤。"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        leave: LeaveRequest = self.instance
        self.fields["end"].required = False
        self.fields["reason"].widget.attrs["autocomplete"] = "off"
        if leave.activity is not None:
            del self.fields["start"], self.fields["end"]
        if leave._state.adding:
            for name in DECISION:
                del self.fields[name]
        self._offer(leave.activity)

    def _offer(self, activity: Activity | None) -> None:
        """Let the user choose among those they keep; for an activity of a branch, among its members."""
        field = self.fields["member"]
        assert isinstance(field, MemberField)
        held = self.instance.member_id
        initial = self.initial.get("member")
        chosen = self.data.get("member") if self.is_bound else getattr(initial, "pk", initial)
        field.offer(self.user, chosen or held, held)
        if activity is None:
            return
        place = activity.organization
        path = place.path[: -place.steplen] if place.kind == Organization.Kind.GROUP else place.path
        if place.is_branch or path != place.path:
            field.queryset = field.queryset.filter(branch__path__startswith=path)  # type: ignore[union-attr]
            field.widget.attrs.pop("data-pick-url", None)
            field.widget.choices = [
                ("", "请选择"),
                *((member.pk, member.name) for member in field.queryset),
            ]

    @property
    def action(self) -> str:
        """What the pressed button asks for: to grant, or to keep it waiting."""
        return str(self.data.get("action", ""))

    def clean(self) -> dict[str, Any]:
        """Check the days and the answer against each other, and that nobody asks twice."""
        given = super().clean() or {}
        leave: LeaveRequest = self.instance
        if leave.activity is not None:
            given |= {"start": leave.start, "end": leave.end}
        elif given.get("start") and not given.get("end"):
            given["end"] = given["start"]
        if given.get("state") == LeaveRequest.State.ASKED:
            given |= {"decided_by": "", "decided_on": None}
        for name, message in LeaveRequest.faults(given):
            if name in self.fields and not self.has_error(name):
                self.add_error(name, message)
        member, start = given.get("member"), given.get("start")
        if member and start and member.joined_on and start < member.joined_on:
            self.add_error("start" if "start" in self.fields else None, f"早于入党时间 {member.joined_on}，请核对")
        if not self.errors and self._twin(given):
            self.add_error(None, "这名党员同一天的请假已经登记过，请打开那一张修改")
        return given

    def _twin(self, given: dict[str, Any]) -> bool:
        if self.was_saved():
            return False
        same = LeaveRequest.objects.filter(member=given["member"], start=given["start"])
        return same.exclude(pk=self.instance.pk).exists()

    def store(self) -> LeaveRequest:
        """Record it under the branch of its first day, grant it when that was the button, and mark the rolls."""
        leave: LeaveRequest = self.instance
        if leave._state.adding or {"member", "start"} & set(self.changed_data):
            leave.organization = branch_on(leave.member, leave.start, self.user)
        leave.record()
        if self.action == "grant" and leave.state == LeaveRequest.State.ASKED:
            leave.decide(True)
        mark_rolls(leave)
        return leave

    def address(self, record: LeaveRequest) -> str:
        """Go back to where the request was noted: the activity, or the request itself."""
        return record.activity.get_absolute_url() if record.activity else record.get_absolute_url()
