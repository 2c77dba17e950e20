"""Facts of activities (rulebook §2: meetings, attendance, study, training, cobuild)."""

from ledgers.facts import Fact, Rate

COUNTED = {"status": "counted"}
MEETINGS = {"kind": "meetings", "status": "counted"}

FACTS = (
    Fact("meetings.general", "支部党员大会", "次", "activities", {"kind": "general", **COUNTED}),
    Fact("meetings.committee", "支部委员会会议", "次", "activities", {"kind": "committee", **COUNTED}),
    Fact("meetings.group", "党小组会", "次", "activities", {"kind": "group", **COUNTED}),
    Fact("meetings.lecture", "党课", "次", "activities", {"kind": "lecture", **COUNTED}),
    Fact("meetings.theme_day", "主题党日", "次", "activities", {"kind": "theme-day", **COUNTED}),
    Fact("meetings.life", "组织生活会", "次", "activities", {"kind": "life", **COUNTED}),
    Fact("attendance.expected", "应到", "人次", "attendance", MEETINGS),
    Fact("attendance.present", "到会", "人次", "attendance", {**MEETINGS, "state": "there"}),
    Fact("attendance.leave", "请假", "人次", "attendance", {**MEETINGS, "state": "leave"}),
    Fact("attendance.absent", "缺席", "人次", "attendance", {**MEETINGS, "state": "absent"}),
    Fact("leave.asked", "请假申请", "人次", "leave-requests"),
    Fact("leave.granted", "批准请假", "人次", "leave-requests", {"state": "granted"}),
    Fact("study.sessions", "学习", "次", "activities", {"kind": "studies", **COUNTED}),
    Fact("training.sessions", "培训", "次", "activities", {"kind": "trainings", **COUNTED}),
    Fact(
        "training.hours",
        "学习培训学时",
        "学时",
        "attendance",
        {"kind": "learning", **COUNTED, "state": "there"},
        sums="activity__hours",
        decimal=True,
    ),
    Fact("checkin.service_hours", "在职党员服务时数", "小时", "service-hours", sums="hours", decimal=True),
    Fact("democratic.graded", "民主评议已评定", "人次", "democratic-reviews", {"grade": "given"}),
    Fact("democratic.excellent", "评定为优秀", "人次", "democratic-reviews", {"grade": "excellent"}),
    Fact("democratic.qualified", "评定为合格", "人次", "democratic-reviews", {"grade": "qualified"}),
    Fact("democratic.basic", "评定为基本合格", "人次", "democratic-reviews", {"grade": "basic"}),
    Fact("democratic.unqualified", "评定为不合格", "人次", "democratic-reviews", {"grade": "unqualified"}),
    Fact("life.criticisms", "组织生活会批评意见", "条", "criticisms"),
    Fact("life.promises", "组织生活会整改承诺", "项", "promises"),
    Fact("life.promises_done", "已完成的整改承诺", "项", "promises", {"state": "done"}),
    Fact("study.themes", "年度学习主题", "个", "study-themes"),
    Fact("study.certificates", "培训证书", "份", "certificates"),
    Fact("study.certificate_hours", "培训证书学时", "学时", "certificates", sums="hours", decimal=True),
    Fact("cobuild.joint_meetings", "党建联席会议", "次", "activities", {"kind": "joint-meeting", **COUNTED}),
    Fact("cobuild.agreements", "共驻共建协议", "份", "agreements"),
    Fact("cobuild.partners", "有协议的共建单位", "家", "partners", {"agreement": "in-force"}),
    Fact("cobuild.contributions", "共建单位办实事", "件", "contributions"),
    Fact("brands.projects", "党建品牌项目", "个", "brands", {"kind": "brand"}),
    Fact("brands.own", "自有品牌项目", "个", "brands", {"kind": "brand", "origin": "own"}),
    Fact("brands.copied", "复制推广的项目", "个", "brands", {"origin": "copied"}),
    Fact("services.projects", "特色服务项目", "个", "brands", {"kind": "service"}),
    Fact("services.units", "参与项目的单位、商户和志愿队伍", "个", "brand-participants"),
    Fact("services.events", "服务活动", "场", "services"),
    Fact("services.participants", "服务群众", "人次", "services", sums="served"),
    Fact("plans.made", "计划的组织生活", "次", "plans"),
    Fact("plans.held", "按计划登记的组织生活", "次", "plans", {"state": "held"}),
    Fact("votes.held", "会议表决", "次", "votes", COUNTED),
    Fact("resolutions.made", "决议事项", "件", "resolutions", COUNTED),
    Fact("resolutions.done", "已落实的决议事项", "件", "resolutions", {"state": "done", **COUNTED}),
)

RATES = (Rate("attendance.rate", "党员到会率", "attendance.present", "attendance.expected"),)
