"""The roles a posting can give."""

from django.db import models


class Role(models.TextChoices):
    """What a user is to an organisation, from the most general to the most local."""

    SYSTEM_ADMIN = "system-admin", "系统管理员"
    AUDITOR = "auditor", "审计员"
    OFFICE = "office", "党建办"
    LEADER = "leader", "领导"
    COMMUNITY_SECRETARY = "community-secretary", "社区书记"
    BRANCH_SECRETARY = "branch-secretary", "支部书记"
