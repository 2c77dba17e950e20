"""What a street holds up and presses for: stars and flags, examples, requests and reports, matters handed on."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from assessments.models import BranchStars, Demonstration, MemberStar, RequestReport, Supervision, WeakBranch
from assessments.models.stars import STARS
from ledgers import bulk, parsing

from .names import person
from .plan import Street

EXAMPLES = (
    ("community", "党建引领治理示范社区"),
    ("project", "楼栋议事会"),
    ("project", "红色驿站"),
    ("member", "优秀楼栋长"),
)
MATTERS = (
    ("小区消防通道堵塞整治", "群众反映多次，请社区牵头一周内拿出办法。"),
    ("流动党员联系不上", "逐人核对联系方式，联系上的登记，联系不上的写明情况。"),
    ("阵地租期将满", "请与产权单位商定续租，确有困难的报街道协调。"),
)
ASKED = (
    ("request", "关于党支部换届选举的请示", "街道党工委"),
    ("request", "关于成立联合党支部的请示", "街道党工委"),
    ("report", "关于半年党建工作情况的报告", "街道党工委"),
    ("report", "关于意识形态工作情况的报告", "街道党工委"),
)
MEMBER_STARS = ("学习之星", "奉献之星", "服务之星")


def hold_up(street: Street) -> Counter[str]:
    """Write all of these for one street."""
    random = street.random("standing")
    rows: dict[str, list[Any]] = {
        "branch_stars": [*_flags(random, street)],
        "member_stars": [*_stars(random, street)],
        "demonstrations": [*_examples(random, street)],
        "requests": [*_requests(random, street)],
        "supervisions": [*_matters(random, street)],
        "weak_branches": [*_weak(random, street)],
    }
    for made in rows.values():
        bulk.insert(made)
    return Counter({name: len(made) for name, made in rows.items()})


def _flags(random: Random, street: Street) -> Iterator[BranchStars]:
    """Yield what two thirds of the branches claimed in the last quarter that is over."""
    for quarter in street.plan.quarters_over[-1:]:
        for branch in street.branches:
            if branch.is_temporary or random.random() < 0.3:
                continue
            codes = [star.code for star in STARS if random.random() < 0.5 + branch.diligence / 2]
            claimed = quarter.end + timedelta(days=random.randint(1, 5))
            granted = claimed + timedelta(days=10)
            stars = BranchStars(
                organization=branch.organization, period=quarter.code, claimed=parsing.joined(codes), claimed_on=claimed
            )
            if granted <= street.plan.until:
                stars.granted, stars.granted_on = stars.claimed, granted
            stars.derive()
            yield stars


def _stars(random: Random, street: Street) -> Iterator[MemberStar]:
    for quarter in street.plan.quarters_over[-1:]:
        for branch in street.branches:
            stays = branch.standing(quarter.end)
            if branch.is_temporary or not stays or random.random() < 0.5:
                continue
            claimed = quarter.end + timedelta(days=random.randint(1, 5))
            granted = claimed + timedelta(days=10)
            yield MemberStar(
                organization=branch.organization,
                member=random.choice(stays).member,
                period=quarter.code,
                title=random.choice(MEMBER_STARS),
                grounds="坚持参加志愿服务，带头联系群众。",
                claimed_on=claimed,
                granted_on=granted if granted <= street.plan.until else None,
            )


def _examples(random: Random, street: Street) -> Iterator[Demonstration]:
    for place, (kind, title) in enumerate(EXAMPLES):
        community = street.communities[place % len(street.communities)]
        claimed = street.plan.ago(random.randint(60, 200))
        yield Demonstration(
            organization=community,
            kind=kind,
            title=title,
            level=random.choice(("street", "district")),
            grounds="做法成型，居民认可。",
            claimed_on=claimed,
            plan="每月一次现场指导，半年验收。",
            named_on=claimed + timedelta(days=40) if place < 3 else None,
        )


def _requests(random: Random, street: Street) -> Iterator[RequestReport]:
    for place, (kind, subject, addressee) in enumerate(ASKED):
        community = street.communities[place % len(street.communities)]
        due = street.plan.ago(random.randint(-5, 60))
        sent = due - timedelta(days=random.randint(1, 10))
        is_sent = place != 3 and sent <= street.plan.until
        answered = sent + timedelta(days=5)
        is_answered = is_sent and kind == "request" and answered <= street.plan.until
        yield RequestReport(
            organization=community,
            kind=kind,
            subject=subject,
            addressee=addressee,
            timing="before" if kind == "request" else "",
            level="street",
            signer=person(random, male=True),
            due_on=due,
            sent_on=sent if is_sent else None,
            answered_on=answered if is_answered else None,
            answer="同意。" if is_answered else "",
        )


def _matters(random: Random, street: Street) -> Iterator[Supervision]:
    for place, (subject, words) in enumerate(MATTERS):
        community = street.communities[place % len(street.communities)]
        sent = street.plan.ago((40, 12, 3)[place])
        yield Supervision(
            organization=community,
            set_by=street.organization,
            number=f"督〔{sent.year}〕{place + 1}号",
            subject=subject,
            words=words,
            owner=person(random, male=False),
            sent_on=sent,
            due_on=sent + timedelta(days=15),
            signed_on=sent + timedelta(days=1) if place < 2 else None,
            signed_by=person(random, male=True) if place < 2 else "",
            answered_on=sent + timedelta(days=10) if place == 0 else None,
            answer="已办结，现场已恢复。" if place == 0 else "",
            closed_on=sent + timedelta(days=12) if place == 0 else None,
        )


def _weak(random: Random, street: Street) -> Iterator[WeakBranch]:
    branch = min(street.branches, key=lambda one: one.diligence)
    yield WeakBranch(
        organization=branch.organization,
        ground=WeakBranch.Ground.NO_LIFE,
        detail="连续两个季度组织生活没有按期开展",
        found_on=street.plan.ago(75),
        leader=person(random, male=True),
        partner="区委组织部",
        plan="派驻第一书记，补齐制度，每月听一次汇报。",
        due_on=street.plan.ago(-105),
    )
