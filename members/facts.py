"""Facts of the register (rulebook §2: members)."""

from ledgers.facts import Fact, Rate

FACTS = (
    Fact("members.total", "党员总数", "人", "members"),
    Fact("members.full", "正式党员", "人", "members", {"category": "full"}),
    Fact("members.probationary", "预备党员", "人", "members", {"category": "probationary"}),
    Fact("members.in_service", "在职党员", "人", "members", {"employment": "in-service"}),
    Fact("members.retired", "离退休党员", "人", "members", {"employment": "retired"}),
    Fact("members.floating", "流动党员", "人", "members", {"floating": "1"}),
    Fact("members.female", "女党员", "人", "members", {"gender": "female"}),
    Fact("members.minority", "少数民族党员", "人", "members", {"minority": "1"}),
    Fact("members.under_35", "35岁及以下党员", "人", "members", {"age": "under-35"}),
    Fact("members.over_60", "61岁及以上党员", "人", "members", {"age": "over-60"}),
    Fact("members.college", "大专及以上学历党员", "人", "members", {"education": "college-and-above"}),
    Fact("members.joined", "新入党", "人", "members", {"event": "joined"}),
    Fact("members.transferred_in", "转入", "人", "members", {"event": "transferred-in"}),
    Fact("members.transferred_out", "转出", "人", "members", {"event": "transferred"}),
    Fact("members.deceased", "去世", "人", "members", {"event": "deceased"}),
    Fact("development.applicants", "入党申请人", "人", "development", {"stage": "applicant"}),
    Fact("development.activists", "入党积极分子", "人", "development", {"stage": "activist"}),
    Fact("development.candidates", "发展对象", "人", "development", {"stage": "candidate"}),
    Fact("development.probationary", "预备党员（发展台账）", "人", "development", {"stage": "probationary"}),
    Fact("development.regularised", "预备党员转正", "人", "members", {"event": "regularised"}),
    Fact("dues.due", "应缴党费", "元", "dues", sums="due", decimal=True),
    Fact("dues.timely", "当月缴清的应缴党费", "元", "dues", {"timely": "1"}, sums="due", decimal=True),
    Fact("dues.paid", "实收党费", "元", "dues-payments", sums="paid", decimal=True),
    Fact("dues.paid_late", "补缴以前月份的党费", "元", "dues-payments", {"late": "1"}, sums="paid", decimal=True),
    Fact("dues.unpaid_months", "党费未缴清", "人月", "dues-arrears"),
    Fact("dues.arrears", "欠缴党费", "元", "dues-arrears", sums="due", decimal=True),
    Fact("checkin.members", "到社区报到在职党员", "人", "checkins"),
    Fact("talks.held", "谈话", "人次", "talks"),
    Fact("talks.heart", "谈心谈话", "人次", "talks", {"kind": "heart"}),
    Fact("matters.reported", "重大事项报告", "件", "matters"),
    Fact("honors.granted", "表彰奖励", "项", "honors", {"nature": "honor"}),
    Fact("honors.sanctions", "惩处", "项", "honors", {"nature": "sanction"}),
    Fact("achievements.recorded", "实绩", "项", "achievements"),
    Fact("temporary.attached", "编入临时党支部党员", "人", "attachments"),
)

RATES = (Rate("dues.collected", "党费按月缴清率", "dues.timely", "dues.due"),)
