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
    Fact("ballots.held", "开展测评", "次", "ballots"),
    Fact("reviews.held", "述职评议", "名", "reviews"),
    Fact("observation.scored", "观摩评分的社区", "个次", "observations", {"scored": "yes"}),
    Fact("observation.points", "观摩得分合计", "分", "observations", {"scored": "yes"}, sums="points", decimal=True),
    Fact("selfcheck.done", "完成自查的党组织", "个", "selfchecks"),
    Fact("selfcheck.met", "自查达标的条款", "项", "selfchecks", sums="met"),
    Fact("selfcheck.asked", "自查适用的条款", "项", "selfchecks", sums="asked"),
    Fact("stars.flags", "评出红旗党支部", "个", "branch-stars", {"flag": "red", "granted": "yes"}),
    Fact("stars.members", "评出党员之星", "颗", "member-stars", {"granted": "yes"}),
    Fact("demo.communities", "示范社区", "个", "demonstrations", {"kind": "community", "state": "named"}),
    Fact("demo.projects", "典型项目", "个", "demonstrations", {"kind": "project", "state": "named"}),
    Fact("demo.members", "先进党员", "名", "demonstrations", {"kind": "member", "state": "named"}),
    Fact("requests.sent", "报送请示报告", "件", "requests", {"event": "sent"}),
    Fact("requests.overdue", "逾期未报的请示报告", "件", "requests", {"state": "overdue"}),
    Fact("supervision.open", "办理中的督办", "件", "supervisions", {"state": "open"}),
    Fact("supervision.overdue", "逾期的督办", "件", "supervisions", {"state": "overdue"}),
    Fact("weak.branches", "整顿中的软弱涣散党组织", "个", "weak-branches"),
    Fact("warning.sessions", "以案促改警示教育", "次", "activities", {"kind": "warning", "status": "counted"}),
    Fact("reviews.problems", "述职评议查摆的问题", "个", "rectifications", {"kind": "review", "event": "found"}),
    Fact("warning.problems", "以案促改查摆的问题", "个", "rectifications", {"kind": "warning", "event": "found"}),
    Fact("warning.closed", "以案促改整改的问题", "个", "rectifications", {"kind": "warning", "event": "accepted"}),
    Fact("scores.excellent", "考核评为优秀", "个次", "assessments", {**DECIDED, "grade": "优秀"}),
)
RATES = (
    Rate("scores.average", "考核平均分", "scores.points", "scores.sheets"),
    Rate("selfcheck.rate", "规范化建设自查达标率", "selfcheck.met", "selfcheck.asked"),
)
