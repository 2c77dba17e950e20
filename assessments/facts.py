"""Facts of how things are judged (rulebook §2: findings, scores)."""

from ledgers.facts import Fact, Rate

DECIDED = {"state": "decided"}
FACTS = (
    Fact("findings.open", "未销号预警", "条", "findings", {"state": "unclosed"}),
    Fact("assessments.confirmed", "复核通过的考核表", "份", "assessments", {"state": "confirmed"}),
    Fact("scores.sheets", "审定的考核表", "份", "assessments", DECIDED),
    Fact("scores.points", "审定的考核总分合计", "分", "assessments", DECIDED, sums="total", decimal=True),
    Fact("scores.excellent", "考核评为优秀", "个次", "assessments", {**DECIDED, "grade": "优秀"}),
)
RATES = (Rate("scores.average", "考核平均分", "scores.points", "scores.sheets"),)
