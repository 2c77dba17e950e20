"""Facts of the register (rulebook §2: members)."""

from ledgers.facts import Fact

FACTS = (
    Fact("members.total", "党员总数", "人", "members"),
    Fact("members.full", "正式党员", "人", "members", {"category": "full"}),
    Fact("members.probationary", "预备党员", "人", "members", {"category": "probationary"}),
    Fact("members.in_service", "在职党员", "人", "members", {"employment": "in-service"}),
    Fact("members.retired", "离退休党员", "人", "members", {"employment": "retired"}),
    Fact("members.floating", "流动党员", "人", "members", {"floating": "1"}),
    Fact("members.female", "女党员", "人", "members", {"gender": "female"}),
    Fact("members.minority", "少数民族党员", "人", "members", {"minority": "1"}),
    Fact("members.under_35", "35 岁以下党员", "人", "members", {"age": "under-35"}),
    Fact("members.over_60", "60 岁以上党员", "人", "members", {"age": "over-60"}),
    Fact("members.college", "大专及以上学历党员", "人", "members", {"education": "college-and-above"}),
    Fact("members.joined", "新入党", "人", "members", {"event": "joined"}),
    Fact("members.transferred_in", "转入", "人", "members", {"event": "transferred-in"}),
    Fact("members.transferred_out", "转出", "人", "members", {"event": "transferred"}),
    Fact("members.deceased", "去世", "人", "members", {"event": "deceased"}),
    Fact("dues.due", "应缴党费", "元", "dues", sums="due", decimal=True),
    Fact("dues.paid", "实缴党费", "元", "dues", sums="paid", decimal=True),
    Fact("dues.unpaid_months", "党费未缴清", "人月", "dues", {"state": "unpaid"}),
)
