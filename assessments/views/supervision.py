"""Pages of supervision: a matter from the hand-over to the closing, and the notice on paper."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import Right
from branches.views.record_pages import Begun, Kind, RecordPages, Step
from branches.views.records import organization_asked
from ledgers.parsing import row_key
from ledgers.requests import PortalRequest

from .. import engine
from ..forms.supervision import (
    AnswerMatterForm,
    CloseMatterForm,
    PressForm,
    ReturnMatterForm,
    SignForForm,
    SupervisionForm,
)
from ..models import Finding, Measure, Supervision
from ..models.measures import may_settle


def _begin(request: PortalRequest) -> Begun:
    """Begin with what a finding or a task says, where the address names one."""
    initial: dict[str, Any] = {"organization": organization_asked(request, Right.MEASURES_DIRECT)}
    for name, model in (("finding", Finding), ("measure", Measure)):
        if number := request.GET.get(name):
            seen: Any = model.objects.visible_to(request.user, Right.MEASURES_DIRECT)
            found: Any = get_object_or_404(seen.select_related("organization"), pk=row_key(number))
            subject = f"{engine.get(found.rule).title}：{found.detail}" if name == "finding" else found.title
            if name == "finding" and found.member_id:
                subject = engine.get(found.rule).title
            initial |= {
                f"from_{name}": found,
                "organization": found.organization,
                "subject": subject[:300],
                "owner": found.owner,
            }
    return Supervision(), initial


def _may_close(user: User, matter: Any) -> bool:
    return may_settle(user, matter, Right.MEASURES_DIRECT)


def _is_running(matter: Any) -> bool:
    return matter.sent_on is not None and matter.closed_on is None


STEPS = (
    Step(
        "sign", "签收", SignForForm, Right.MEASURES_REPORT, "已签收。",
        lambda one: _is_running(one) and not one.signed_on,
    ),
    Step(
        "answer", "反馈办理情况", AnswerMatterForm, Right.MEASURES_REPORT, "已反馈，等交办单位审核。",
        lambda one: _is_running(one) and not one.answered_on,
    ),
    Step("close", "办结", CloseMatterForm, Right.MEASURES_DIRECT, "已办结归档。", _is_running, _may_close),
    Step(
        "return", "退回重办", ReturnMatterForm, Right.MEASURES_DIRECT, "已退回重办。",
        lambda one: _is_running(one) and one.answered_on is not None, _may_close,
    ),
    Step(
        "press", "催办", PressForm, Right.MEASURES_DIRECT, "已催办。",
        lambda one: _is_running(one) and not one.answered_on and one.next_rung is not None, _may_close,
    ),
)  # fmt: skip


class SupervisionPages(RecordPages):
    """A matter is changed by whoever sent it until it is signed for."""

    detail = "assessments/matter.html"

    def is_changeable(self, record: Any, user: User) -> bool:
        return record.signed_on is None and record.closed_on is None and may_settle(user, record, Right.MEASURES_DIRECT)


PAGES = SupervisionPages(
    (
        Kind(
            "supervision", "督办", Supervision, SupervisionForm, "supervisions",
            (
                "organization", "number", "urgency", "owner", "partners", "finding", "measure", "sent_on", "due_on",
                "signed_on", "signed_by", "rung", "pressed_on", "answered_on", "returned", "closed_on", "opinion",
                "set_by",
            ),
            ("words", "answer"), _begin, Right.MEASURES_DIRECT, "", Right.MEASURES_VIEW, STEPS,
        ),
    )
)  # fmt: skip


@require_GET
def notice(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the notice (督办通知单) as it is printed and handed over."""
    seen = Supervision.objects.visible_to(request.user).select_related("organization", "set_by")
    matter = get_object_or_404(seen, pk=pk)
    return render(request, "assessments/papers/matter.html", {"matter": matter})
