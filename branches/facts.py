"""Facts of the organisation tree (rulebook §2: orgs, population)."""

from ledgers.facts import Fact

FACTS = (
    Fact("orgs.communities", "社区党委", "个", "organizations", {"kind": "community-committee"}),
    Fact("orgs.branches", "党支部", "个", "organizations", {"kind": "branches"}),
    Fact("population.total", "总人口", "人", "organizations", {"kind": "community-committee"}, sums="population"),
    Fact("population.households", "户数", "户", "organizations", {"kind": "community-committee"}, sums="households"),
)
