"""Pages of requests and reports: what goes up, and what is answered."""

from typing import Any

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.models import Organization
from branches.views.record_pages import Kind, RecordPages, Step, of_place

from ..forms.requests import AnswerRequestForm, OutcomeForm, RequestForm, SendRequestForm
from ..models import RequestReport


def may_answer(user: User, record: Any) -> bool:
    """Say whether a user answers: for the organisation above, or for a street's own, which the office types in."""
    path = record.organization.path
    above = path[: -Organization.steplen] or path
    if record.organization.kind == Organization.Kind.WORKING_COMMITTEE:
        above = path
    return access_of(user).has_on(Right.MEASURES_SET, above)


STEPS = (
    Step("send", "报送", SendRequestForm, Right.MEASURES_REPORT, "已登记报送。", lambda one: one.sent_on is None),
    Step(
        "answer", "批复", AnswerRequestForm, Right.MEASURES_SET, "已登记批复。",
        lambda one: one.sent_on is not None and one.answered_on is None, may_answer,
    ),
    Step(
        "outcome", "登记落实情况", OutcomeForm, Right.MEASURES_REPORT, "已登记。",
        lambda one: one.answered_on is not None,
    ),
)  # fmt: skip


class RequestPages(RecordPages):
    """What was sent is not changed any more."""

    detail = "assessments/stateful.html"

    def is_changeable(self, record: Any, user: User) -> bool:
        return record.answered_on is None


PAGES = RequestPages(
    (
        Kind(
            "request", "请示报告", RequestReport, RequestForm, "requests",
            (
                "organization", "kind", "timing", "part", "channel", "level", "addressee", "signer", "discussed_on",
                "number", "due_on", "sent_on", "answer_number", "answered_on", "outcome",
            ),
            ("content", "answer"), of_place(RequestReport, Right.MEASURES_REPORT),
            Right.MEASURES_REPORT, "", Right.MEASURES_VIEW, STEPS,
        ),
    )
)  # fmt: skip
