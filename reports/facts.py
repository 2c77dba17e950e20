"""Facts of the dashboard beyond the rulebook's: the rest of the members' structure, so that its bars add up."""

from ledgers.facts import Fact
from members.models import Education, Employment

AGES = (
    Fact("members.age_35_to_60", "36至60岁党员", "人", "members", {"age": "35-60"}),
    Fact("members.age_unknown", "出生日期不详的党员", "人", "members", {"age": "unknown"}),
)
GENDERS = (Fact("members.male", "男党员", "人", "members", {"gender": "male"}),)
EDUCATIONS = tuple(
    Fact(
        f"members.education.{education.value}", f"{education.label}学历党员", "人", "members", {"education": education}
    )
    for education in Education
)
EMPLOYMENTS = tuple(
    Fact(
        f"members.employment.{employment.value}", f"{employment.label}党员", "人", "members", {"employment": employment}
    )
    for employment in Employment
    if employment not in (Employment.IN_SERVICE, Employment.RETIRED)  # these are the rulebook's own
)
FACTS = (*AGES, *GENDERS, *EDUCATIONS, *EMPLOYMENTS)
