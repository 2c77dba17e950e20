"""Facts of how things are judged (rulebook §2: findings, scores)."""

from ledgers.facts import Fact, Rate

DECIDED = {"state": "decided"}
FACTS = (
    Fact("findings.open", "未销号预警", "条", "findings", {"state": "unclosed"}),
    Fact("assessments.confirmed", "复核通过的考核表", "份", "assessments", {"state": "confirmed"}),
    Fact("scores.sheets", "审定的考核表", "份", "assessments", DECIDED),
    Fact("scores.points", "审定的考核总分合计", "分", "assessments", DECIDED, sums="total", decimal=True),
    Fact("measures.due", "到期的责任清单任务", "项", "responsibilities", {"event": "due"}),
    Fact("measures.done", "完成责任清单任务", "项", "responsibilities", {"event": "done"}),
    Fact("measures.overdue", "逾期的责任清单任务", "项", "responsibilities", {"state": "overdue"}),
    Fact("rectify.open", "正在整改的问题", "个", "rectifications", {"state": "unsettled"}),
    Fact("rectify.closed", "整改销号的问题", "个", "rectifications", {"event": "accepted"}),
    Fact("rectify.overdue", "逾期的整改", "个", "rectifications", {"state": "overdue"}),
    Fact("reviews.problems", "述职评议查摆的问题", "个", "rectifications", {"kind": "review", "event": "found"}),
    Fact("warning.problems", "以案促改查摆的问题", "个", "rectifications", {"kind": "warning", "event": "found"}),
    Fact("warning.closed", "以案促改整改的问题", "个", "rectifications", {"kind": "warning", "event": "accepted"}),
    Fact("scores.excellent", "考核评为优秀", "个次", "assessments", {**DECIDED, "grade": "优秀"}),
)
RATES = (Rate("scores.average", "考核平均分", "scores.points", "scores.sheets"),)
