"""The words in which documents speak of a broken rule: what is wrong, how many, and what will be done about it.

They stand on the rule itself. The wording is the office's own (`report.md` §2): a problem reads
{heading}。{n}{noun}{predicate}，涉及…等{m}个党组织。 and a measure says who does what by when and how one will see it.
"""

from dataclasses import dataclass

from .local import LocalNumber, LocalNumbers

GUIDANCE, COORDINATION, CAPACITY = "guidance", "coordination", "capacity"
"""The headings of the problems: 引领作用, 统筹协调, 工作力量."""
COMMAND, CONDUCT, STRENGTH = "command", "conduct", "strength"
"""The headings of the plans: 统领能力, 作风建设, 战斗力和凝聚力."""


@dataclass(frozen=True)
class Words:
    """How documents speak of one rule.

    `predicate` and `measure` are templates: {limit} is the rule's limit with its unit, {period} and {year} the time,
    {owner}, {supervisor} and {deadline} of a measure whom it binds, to whom they answer, and by when. `noun` carries
    its classifier (名入党申请人). `problem` and `plan` name the heading that it stands under; a warning has no problem.
    """

    heading: str
    predicate: str
    noun: str
    measure: str
    lead: str
    """The phrase that the measure runs in with."""
    matter: str
    """What it is about; measures of one owner and matter are put together and run in with this."""
    plan: str
    problem: str = ""
    limit: LocalNumber | str = ""
    days: int = 30
    """Days that are given to put it right, where the finding has no deadline of its own."""
    counted_by: str = ""
    """The fact that counts it, where only a part of what breaks the rule is a problem rather than a warning."""
    of_street: bool = False
    """Whether the street itself owes it."""

    def limit_of(self, path: str, local: LocalNumbers) -> str:
        """Return the limit in words as it holds for the organisation with a tree path: 7日, 80%, 15个工作日."""
        if isinstance(self.limit, str):
            return self.limit
        return self.limit.said(local.at(path, self.limit))
