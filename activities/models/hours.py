"""Hours of study of each member (学时): those of the activities they were at, and those of their certificates.

Neither is copied: a database view puts rolls and certificates together.
"""

from django.db import models

from branches.models import Organization
from members.models import Member

from .database_view import UnitedView

CONCENTRATED_FROM = 8
"""Credit hours from which on one 专题培训 is a concentrated training: a day of it."""


class StudyLine(models.Model):
    """Some hours of one member on one day. `organization` is the branch that the member is in now."""

    class Source(models.TextChoices):
        ROLL = "roll", "活动考勤"
        CERTIFICATE = "cert", "培训证书"

    id = models.CharField(primary_key=True, max_length=30)
    member = models.ForeignKey(Member, models.DO_NOTHING, related_name="+", verbose_name="党员")
    organization = models.ForeignKey(Organization, models.DO_NOTHING, related_name="+", verbose_name="党支部")
    date = models.DateField("日期")
    hours = models.DecimalField("学时", max_digits=5, decimal_places=1)
    content = models.CharField("内容", max_length=200)
    source = models.CharField("来源", max_length=4, choices=Source)
    concentrated = models.BooleanField("集中轮训")

    class Meta:
        managed = False
        db_table = "activities_studyline"
        verbose_name = "学时"

    def __str__(self) -> str:
        return f"{self.date} {self.content}"


SELECT = f"""
SELECT 'r' || roll.id AS id, roll.member_id AS member_id, member.branch_id AS organization_id, held.date AS date,
       held.hours AS hours, held.topic AS content, 'roll' AS source,
       (COALESCE(series.concentrated, FALSE) OR (held.kind = 'training' AND held.hours >= {CONCENTRATED_FROM}))
       AS concentrated
  FROM activities_attendance roll
  JOIN members_member member ON member.id = roll.member_id
  JOIN activities_activity held ON held.id = roll.activity_id AND held.hours > 0
   AND held.status IN ('submitted', 'confirmed')
  LEFT JOIN activities_studyseries series ON series.id = held.series_id
 WHERE roll.state IN ('present', 'late')
UNION ALL
SELECT 'c' || paper.id, paper.member_id, member.branch_id, paper.date, paper.hours, paper.title, 'cert',
       paper.concentrated
  FROM activities_certificate paper
  JOIN members_member member ON member.id = paper.member_id
"""  # noqa: S608 - a number of our own
STUDIED = UnitedView(
    StudyLine._meta.db_table,
    frozenset(
        {
            "activities_activity",
            "activities_attendance",
            "activities_studyseries",
            "activities_certificate",
            "members_member",
        }
    ),
    SELECT,
)
