"""Facts of how things are judged (rulebook §2: findings)."""

from ledgers.facts import Fact

FACTS = (Fact("findings.open", "未销号预警", "条", "findings", {"state": "unclosed"}),)
