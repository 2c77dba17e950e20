"""Pages of work reviews: the statement, the votes, what was said, what became of it."""

from typing import Any

from accounts.models import User
from accounts.permissions import Right
from branches.views.record_pages import Kind, RecordPages, Step, of_place
from ledgers.facts import percent

from ..forms.reviews import CommentForm, StatementForm, VotesForm, WorkReviewForm
from ..models import WorkReview


def _is_not_graded(review: Any) -> bool:
    return not review.grade


STEPS = (
    Step("statement", "写述职报告", StatementForm, Right.ASSESSMENTS_SELF, "已保存述职报告。", _is_not_graded),
    Step("votes", "登记票数", VotesForm, Right.ASSESSMENTS_REVIEW, "已登记票数。", lambda one: one.form == "on-site"),
    Step("comment", "点评和评价", CommentForm, Right.ASSESSMENTS_REVIEW, "已保存。", lambda one: True),
)


class ReviewPages(RecordPages):
    """A review shows its votes, and what was and is put right: last year's problems are answered this year."""

    detail = "assessments/work_review.html"

    def more(self, record: Any, user: User) -> dict[str, Any]:
        share = record.share
        earlier = WorkReview.objects.visible_to(user).filter(
            organization=record.organization, secretary=record.secretary, year=record.year - 1
        )
        return {
            "ballots": record.ballots.all(),
            "rate": None if share is None else percent(share),
            "problems": record.measures.visible_to(user).prefetch_related("stages"),
            "earlier": [
                one for review in earlier for one in review.measures.visible_to(user).prefetch_related("stages")
            ],
        }


PAGES = ReviewPages(
    (
        Kind(
            "review-record", "述职评议", WorkReview, WorkReviewForm, "reviews",
            ("organization", "year", "secretary", "form", "held_on", "grade"), ("statement", "comment", "feedback"),
            of_place(WorkReview, Right.ASSESSMENTS_REVIEW), Right.ASSESSMENTS_REVIEW, "", Right.ASSESSMENTS_VIEW, STEPS,
        ),
    )
)  # fmt: skip
