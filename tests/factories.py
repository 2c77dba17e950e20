"""Small makers of what tests need. Each record is made the way the portal makes it: with audit entry and stale marks.

`street()` builds a tree; `sign_in(client, role, organization)` puts somebody in front of the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import factory

from accounts.models import Posting, User
from accounts.roles import Role
from activities.models import Activity, Attendance
from branches.models import Committee, CommitteeSeat, Organization
from ledgers.parsing import check_digit
from members.models import DuesCharge, Member

if TYPE_CHECKING:
    from django.test import Client

PASSWORD = "Peaceful-2026"
FOUNDED = date(2010, 7, 1)


def citizen_ids() -> Iterator[str]:
    """Yield well-formed citizen IDs of nobody: they open with 990100, which is no place.

    Born from 1950 to July 1996: whoever joins in 2015, as `MemberFactory` has it, is of age by then, so that no
    number of members drawn before makes the next one a finding.
    """
    for number in count():
        born = date(1950, 1, 1) + timedelta(days=number * 37 % 16999)
        first = f"990100{born:%Y%m%d}{number % 1000:03}"
        yield first + check_digit(first)


_ids = citizen_ids()


class UserFactory(factory.django.DjangoModelFactory[User]):
    """An account without a posting; its password is `PASSWORD`."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"用户{n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(*args, **{"password": PASSWORD} | kwargs)


class PostingFactory(factory.django.DjangoModelFactory[Posting]):
    """A role on an organisation, in force since 2020."""

    class Meta:
        model = Posting

    user = factory.SubFactory(UserFactory)
    role = Role.OFFICE
    start = date(2020, 1, 1)


class OrganizationFactory(factory.django.DjangoModelFactory[Organization]):
    """An organisation below `parent` (a branch, unless `kind` says otherwise), or a root without one."""

    class Meta:
        model = Organization

    code = factory.Sequence(lambda n: f"O{n:05}")
    name = factory.Sequence(lambda n: f"第{n}党支部")
    kind = Organization.Kind.BRANCH
    established = FOUNDED

    @classmethod
    def _create(cls, model_class: type[Organization], *args: Any, **kwargs: Any) -> Organization:
        parent = kwargs.pop("parent", None)
        if parent is not None:
            parent = Organization.objects.get(pk=parent.pk)  # its count of children may have grown
        return model_class(*args, **kwargs).place_under(parent)


class MemberFactory(factory.django.DjangoModelFactory[Member]):
    """A full member of `branch`, since 2015."""

    class Meta:
        model = Member

    name = factory.Sequence(
        lambda n: "赵钱孙李周吴郑王"[n % 8] + "".join("零一二三四五六七八九"[int(d)] for d in str(n))
    )
    id_number = factory.LazyFunction(lambda: next(_ids))
    category = Member.Category.FULL
    joined_on = date(2015, 7, 1)
    regularised_on = factory.LazyAttribute(
        lambda o: o.joined_on + timedelta(days=366) if o.category == Member.Category.FULL else None
    )
    employment = "in-service"
    ethnicity = "汉族"

    @classmethod
    def _create(cls, model_class: type[Member], *args: Any, **kwargs: Any) -> Member:
        return model_class(*args, **kwargs).enter()


class DuesChargeFactory(factory.django.DjangoModelFactory[DuesCharge]):
    """September 2026's dues of `member` in their branch: 10 yuan due, none of it paid."""

    class Meta:
        model = DuesCharge

    branch = factory.LazyAttribute(lambda o: o.member.branch)
    month = date(2026, 9, 1)
    due = Decimal("10.00")

    @classmethod
    def _create(cls, model_class: type[DuesCharge], *args: Any, **kwargs: Any) -> DuesCharge:
        return model_class(*args, **kwargs).record()


class ActivityFactory(factory.django.DjangoModelFactory[Activity]):
    """A confirmed general meeting of `organization` on 10 August 2026, as an import leaves it."""

    class Meta:
        model = Activity

    kind = Activity.Kind.GENERAL
    date = date(2026, 8, 10)
    topic = factory.Sequence(lambda n: f"第{n}次会议")
    place = "活动室"
    chair = "周明"
    content = "学习"
    expected_stated = 1
    status = Activity.Status.CONFIRMED

    @classmethod
    def _create(cls, model_class: type[Activity], *args: Any, **kwargs: Any) -> Activity:
        return model_class(*args, **kwargs).record()


class AttendanceFactory(factory.django.DjangoModelFactory[Attendance]):
    """One line of the roll of `activity`: `member` was there. Marks no fact stale; `record_roll` does."""

    class Meta:
        model = Attendance


class CommitteeFactory(factory.django.DjangoModelFactory[Committee]):
    """The committee of `organization` elected on 1 March 2025 for three years, without seats."""

    class Meta:
        model = Committee

    number = "第一届"
    start = date(2025, 3, 1)
    term_years = 3

    @classmethod
    def _create(cls, model_class: type[Committee], *args: Any, **kwargs: Any) -> Committee:
        return model_class(*args, **kwargs).record()


class SeatFactory(factory.django.DjangoModelFactory[CommitteeSeat]):
    """A seat of `committee`, held by `member` or by a name alone."""

    class Meta:
        model = CommitteeSeat

    post = CommitteeSeat.Post.SECRETARY
    name = factory.LazyAttribute(lambda o: o.member.name if getattr(o, "member", None) else "周明")

    @classmethod
    def _create(cls, model_class: type[CommitteeSeat], *args: Any, **kwargs: Any) -> CommitteeSeat:
        return model_class(*args, **kwargs).record()


@dataclass(frozen=True)
class Street:
    """A street's working committee with what lies below it, in the order of the tree."""

    committee: Organization
    communities: list[Organization] = field(default_factory=list)
    branches: list[Organization] = field(default_factory=list)

    numbers: ClassVar[Iterator[int]] = count(1)

    @property
    def community(self) -> Organization:
        """The first community."""
        return self.communities[0]

    @property
    def branch(self) -> Organization:
        """The first branch of the first community."""
        return self.branches[0]


def street(communities: int = 2, branches: int = 2, *, code: str = "", parent: Organization | None = None) -> Street:
    """Make a working committee (code `S1`, `S2`, …) with communities (`S1-1`) of so many branches each (`S1-1-1`)."""
    code = code or f"S{next(Street.numbers)}"
    made = Street(
        OrganizationFactory(
            code=code, name=f"{code}街道党工委", kind=Organization.Kind.WORKING_COMMITTEE, parent=parent
        )
    )
    for i in range(1, communities + 1):
        community = OrganizationFactory(
            code=f"{code}-{i}",
            name=f"{code}第{i}社区党委",
            kind=Organization.Kind.COMMUNITY_COMMITTEE,
            parent=made.committee,
        )
        made.communities.append(community)
        for j in range(1, branches + 1):
            name = f"{code}第{i}社区第{j}党支部"
            made.branches.append(OrganizationFactory(code=f"{code}-{i}-{j}", name=name, parent=community))
    return made


def sign_in(client: Client, role: Role | str, organization: Organization, **fields: Any) -> User:
    """Sign a new user in who holds this role on this organisation; `fields` are the user's. Returns the user."""
    user = UserFactory(**fields)
    PostingFactory(user=user, role=Role(role), organization=organization)
    client.force_login(user)
    return user


def superuser(client: Client | None = None) -> User:
    """Return a superuser, signed in where a client is given."""
    user = User.objects.create_superuser(f"root{User.objects.count()}", password=PASSWORD, name="超级管理员")
    if client is not None:
        client.force_login(user)
    return user
