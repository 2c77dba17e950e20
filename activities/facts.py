"""Facts of activities (rulebook §2: meetings, attendance, study, training, cobuild)."""

from ledgers.facts import Fact, Rate

COUNTED = {"status": "counted"}
MEETINGS = {"kind": "meetings", "status": "counted"}
RATED = {"event": "answered", "satisfaction": "satisfied,fair,dissatisfied"}

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
    Fact("cobuild.joint_meetings", "党建联席会议", "次", "activities", {"kind": "joint-meeting", **COUNTED}),
    Fact("meetings.work", "党建工作例会", "次", "activities", {"kind": "work-meeting", **COUNTED}),
    Fact("observation.tours", "观摩评比", "次", "activities", {"kind": "observation", **COUNTED}),
    Fact("observation.stops", "观摩社区", "个次", "tour-stops", COUNTED),
    Fact("study.theory_group", "理论中心组学习", "次", "activities", {"kind": "theory-group", **COUNTED}),
    Fact("study.reading", "读书活动", "次", "activities", {"kind": "reading", **COUNTED}),
    Fact("training.exchanges", "体会交流", "次", "activities", {"kind": "exchange", **COUNTED}),
    Fact("concerns.received", "受理群众诉求", "件", "concerns", {"event": "received"}),
    Fact("concerns.resolved", "办结群众诉求", "件", "concerns", {"event": "resolved"}),
    Fact("concerns.escalated", "上报街道的诉求", "件", "concerns", {"event": "escalated"}),
    Fact("concerns.overdue", "超期未答复的诉求", "件", "concerns", {"limit": "overdue"}),
    Fact("concerns.rated", "居民评价的诉求", "件", "concerns", RATED),
    Fact("concerns.satisfied", "居民满意的诉求", "件", "concerns", {**RATED, "satisfaction": "satisfied,fair"}),
    Fact("visits.reports", "听取汇报", "次", "visits", {"kind": "report"}),
    Fact("visits.papers", "查阅资料", "次", "visits", {"kind": "papers"}),
    Fact("visits.residents", "走访群众", "次", "visits", {"kind": "residents"}),
    Fact("visits.people", "访谈", "人次", "visits", sums="people"),
    Fact("practices.written", "总结经验做法", "条", "practices", {"event": "written"}),
    Fact("practices.offered", "报送经验做法", "条", "practices", {"event": "offered"}),
    Fact("practices.accepted", "采用经验做法", "条", "practices", {"event": "accepted"}),
)

RATES = (
    Rate("attendance.rate", "党员到会率", "attendance.present", "attendance.expected"),
    Rate("concerns.resolution", "群众诉求办结率", "concerns.resolved", "concerns.received"),
    Rate("concerns.satisfaction", "群众满意率", "concerns.satisfied", "concerns.rated"),
)
