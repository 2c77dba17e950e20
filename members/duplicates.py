"""Live members who are perhaps one person: the same citizen ID (Q03), or the same name and birth date."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from accounts.models import User
from accounts.permissions import Right, access_of

from .models import Member


@dataclass(frozen=True)
class Trait:
    """One line of the comparison: what each record says, and whether they say the same."""

    label: str
    values: Sequence[str]

    @property
    def differs(self) -> bool:
        """Whether two records say different things; saying nothing does not count."""
        return len(set(self.values) - {""}) > 1


@dataclass
class Group:
    """Records that are perhaps one person's. `elsewhere` is how many more there are that the user may not see."""

    why: str
    members: list[Member]
    elsewhere: int = 0
    may_merge: bool = False

    @property
    def traits(self) -> list[Trait]:
        """The records side by side; what is sensitive is masked."""
        return traits(self.members)


def traits(members: Sequence[Member]) -> list[Trait]:
    """Return what records say, line by line."""

    def day(value: Any) -> str:
        return value.isoformat() if value else ""

    return [
        Trait("党支部", [m.branch.name for m in members]),
        Trait("党小组", [m.group_name for m in members]),
        Trait("身份证号", [m.masked_id for m in members]),
        Trait("性别", [m.get_gender_display() for m in members]),
        Trait("出生日期", [day(m.birth_date) for m in members]),
        Trait("民族", [m.ethnicity for m in members]),
        Trait("学历", [m.get_education_display() for m in members]),
        Trait("党员类别", [m.get_category_display() for m in members]),
        Trait("入党时间", [day(m.joined_on) for m in members]),
        Trait("转正时间", [day(m.regularised_on) for m in members]),
        Trait("就业状态", [m.get_employment_display() for m in members]),
        Trait("工作单位及职务", [m.workplace for m in members]),
        Trait("手机号码", [m.masked_phone for m in members]),
        Trait("家庭住址", [m.masked_address for m in members]),
        Trait("登记日期", [day(m.created_at.date()) for m in members]),
    ]


def groups(user: User, within: Q) -> list[tuple[str, tuple[Any, ...]]]:
    """Return (why, key) of each group that the user sees something of, in `within`; two queries.

    With one ID the user must see one of the records; with one name and birth date at least two.
    """
    everybody = Member.objects.live().order_by()
    mine = everybody.visible_to(user).filter(within)
    shared = everybody.exclude(id_number_index="").values("id_number_index").annotate(n=Count("pk")).filter(n__gt=1)
    ids = mine.filter(id_number_index__in=shared.values("id_number_index"))
    numbers = ids.values_list("id_number_index", flat=True).distinct().order_by("id_number_index")
    alike = (
        mine.exclude(birth_date=None)
        .values("name", "birth_date")
        .annotate(n=Count("pk"), numbers=Count("id_number_index", distinct=True))
    )
    people = alike.filter(numbers__gt=1).order_by("name", "birth_date").values_list("name", "birth_date")
    return [*(("id", (number,)) for number in numbers), *(("person", person) for person in people)]


def filled(user: User, keys: Iterable[tuple[str, tuple[Any, ...]]]) -> list[Group]:
    """Return the groups with their records; one query however many groups there are."""
    asked = list(keys)
    condition = Q(pk__in=[])
    for why, key in asked:
        condition |= Q(id_number_index=key[0]) if why == "id" else Q(name=key[0], birth_date=key[1])
    access = access_of(user)
    by_number: Mapping[Any, list[Member]] = defaultdict(list)
    by_person: Mapping[Any, list[Member]] = defaultdict(list)
    for member in Member.objects.live().filter(condition).select_related("branch").order_by("created_at", "pk"):
        by_number[(member.id_number_index,)].append(member)
        by_person[(member.name, member.birth_date)].append(member)
    found = []
    for why, key in asked:
        records = (by_number if why == "id" else by_person)[key]
        seen = [m for m in records if access.has_on(Right.MEMBERS_VIEW, m.branch.path)]
        group = Group("身份证号相同" if why == "id" else "姓名和出生日期相同", seen)
        group.elsewhere = len(records) - len(seen) if why == "id" else 0
        group.may_merge = sum(access.has_on(Right.MEMBERS_EDIT, m.branch.path) for m in seen) > 1
        found.append(group)
    return found


def twins(member: Member, user: User) -> list[Member]:
    """Return the other live records within the user's sight that are perhaps the same person's."""
    same = Q(id_number_index=member.id_number_index)
    if member.birth_date:
        same |= Q(name=member.name, birth_date=member.birth_date)
    rows = Member.objects.visible_to(user).live().filter(same).exclude(pk=member.pk)
    return list(rows.select_related("branch").order_by("pk"))
