"""Hours that people who checked in to a community have served there, whether a roll shows them or somebody noted them.

Rolls are never copied: a database view puts the two together, so what is counted is always what the records say.
"""

from django.db import models

from branches.models import Organization
from members.models import CommunityCheckIn

from .database_view import UnitedView

VIEW = "activities_serviceline"
READS = {"activities_activity", "activities_attendance", "members_communitycheckin", "members_serviceentry"}
SELECT = """
SELECT 'r' || roll.id AS id, checkin.id AS checkin_id, held.organization_id AS organization_id, held.date AS date,
       COALESCE(held.hours, 0) AS hours, held.topic AS content, 'roll' AS source
  FROM members_communitycheckin checkin
  JOIN activities_attendance roll ON roll.member_id = checkin.member_id AND roll.state IN ('present', 'late')
  JOIN activities_activity held ON held.id = roll.activity_id AND held.kind = 'volunteering'
   AND held.status IN ('submitted', 'confirmed')
   AND held.date >= checkin.start AND (checkin."end" IS NULL OR held.date < checkin."end")
  JOIN branches_organization community ON community.id = checkin.community_id
  JOIN branches_organization place ON place.id = held.organization_id
   AND substr(place.path, 1, length(community.path)) = community.path
UNION ALL
SELECT 'h' || entry.id, entry.checkin_id, checkin.community_id, entry.date, entry.hours, entry.content, 'hand'
  FROM members_serviceentry entry
  JOIN members_communitycheckin checkin ON checkin.id = entry.checkin_id
"""


class ServiceLine(models.Model):
    """One line of service: one person at one volunteering activity of the community, or one entry by hand."""

    class Source(models.TextChoices):
        ROLL = "roll", "活动考勤"
        HAND = "hand", "手工登记"

    id = models.CharField(primary_key=True, max_length=30)
    checkin = models.ForeignKey(CommunityCheckIn, models.DO_NOTHING, related_name="served", verbose_name="报到人")
    organization = models.ForeignKey(Organization, models.DO_NOTHING, related_name="+", verbose_name="组织")
    date = models.DateField("日期")
    hours = models.DecimalField("时数", max_digits=4, decimal_places=1)
    content = models.CharField("服务内容", max_length=200)
    source = models.CharField("来源", max_length=4, choices=Source)

    class Meta:
        managed = False
        db_table = VIEW
        verbose_name = "服务时数"

    def __str__(self) -> str:
        return f"{self.date} {self.content}"


SERVED = UnitedView(VIEW, frozenset(READS), SELECT)
