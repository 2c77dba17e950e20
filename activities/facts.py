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
    Fact("cobuild.joint_meetings", "党建联席会议", "次", "activities", {"kind": "joint-meeting", **COUNTED}),
)

RATES = (Rate("attendance.rate", "党员到会率", "attendance.present", "attendance.expected"),)
