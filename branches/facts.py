"""Facts of the organisation tree and what hangs on it (rulebook §2: orgs, population, venues, enterprises, workers)."""

from ledgers.facts import Fact, Rate

FACTS = (
    Fact("orgs.communities", "社区党委", "个", "organizations", {"kind": "community-committee"}),
    Fact("orgs.branches", "党支部", "个", "organizations", {"kind": "branches"}),
    Fact("orgs.groups", "党小组", "个", "organizations", {"kind": "group"}),
    Fact("elections.held", "选举", "次", "elections"),
    Fact("elections.elected", "当选", "人次", "candidates", {"elected": "1"}),
    Fact("population.total", "总人口", "人", "organizations", {"kind": "community-committee"}, sums="population"),
    Fact("population.households", "户数", "户", "organizations", {"kind": "community-committee"}, sums="households"),
    Fact("venues.total", "活动阵地", "处", "venues"),
    Fact("venues.own", "自有阵地", "处", "venues", {"tenure": "own"}),
    Fact("venues.rented", "租赁阵地", "处", "venues", {"tenure": "rented"}),
    Fact("venues.borrowed", "借用阵地", "处", "venues", {"tenure": "borrowed"}),
    Fact("venues.shared", "共用阵地", "处", "venues", {"tenure": "shared"}),
    Fact("venues.area", "阵地面积", "平方米", "venues", sums="area", decimal=True),
    Fact("venues.short", "阵地不足的社区", "个", "shortages", {"kind": "community-committee"}),
    Fact("enterprises.total", "两新组织", "家", "enterprises"),
    Fact("enterprises.with_members", "有党员的两新组织", "家", "enterprises", {"members": "1"}),
    Fact("enterprises.eligible", "正式党员满 3 名的两新组织", "家", "enterprises", {"members": "3"}),
    Fact("enterprises.organised", "建立党组织的两新组织", "家", "enterprises", {"organised": "1"}),
    Fact("enterprises.eligible_organised", "应建已建的两新组织", "家", "enterprises", {"coverage": "covered"}),
    Fact("enterprises.with_instructor", "有党建指导员的两新组织", "家", "enterprises", {"instructor": "1"}),
    Fact("workers.total", "党务工作者", "人", "workers"),
    Fact("workers.left", "离岗的党务工作者", "人", "workers", {"event": "left"}),
    Fact("workers.reserve", "后备干部", "人", "workers", {"reserve": "1"}),
)

RATES = (
    # Of those that should have one: an enterprise with fewer members may be organised too, jointly with others.
    Rate("enterprises.coverage", "两新组织党组织覆盖率", "enterprises.eligible_organised", "enterprises.eligible"),
)
