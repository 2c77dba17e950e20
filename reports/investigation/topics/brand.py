"""二（三）突出品牌工作创特创新: co-building, brands, services, examples (S12-S15, practices)."""

from collections.abc import Iterator

from reports.document import Evidence

from .. import ranking, wording
from ..material import Material
from ..saying import Sentence
from .registry import topic


@topic("cobuilding", "共驻共建", "S12")
def cobuilding(m: Material) -> Iterator[Sentence]:
    """Joint meetings, agreements, members who checked in to a community."""
    partners = m.value("cobuild.partners") and m.value("cobuild.agreements")
    yield Sentence(
        [
            m.told("召开党建联席会议", "cobuild.joint_meetings", "次"),
            (
                ("与", m.figure("cobuild.partners"), "家驻区单位签有共驻共建协议", m.figure("cobuild.agreements"), "份")
                if partners
                else ()
            ),
            m.told("共建单位办实事", "cobuild.contributions", "件"),
        ],
        opening=m.times.opening,
    )
    yield Sentence(
        [
            m.told("在职党员到社区报到", "checkin.members", "名"),
            m.told(f"{m.times.now}结合专长服务", "checkin.service_hours", "小时"),
        ]
    )
    compared = ranking.by_fact(m, "cobuild.joint_meetings", "联席会议", m.communities, named=1, zeroes=True)
    yield Sentence([compared], only=("standard", "full"))


@topic("brands", "党建品牌", "S13")
def brands(m: Material) -> Iterator[Sentence]:
    """Brand projects by number and by name, and those copied from elsewhere."""
    names = m.names("brands.projects", "name", 3)
    yield Sentence(
        [
            m.told("围绕“一社区一特色”，现有品牌项目", "brands.projects", "个"),
            f"如{names}" if names else "",
            m.told("复制推广项目", "brands.copied", "个"),
        ]
    )
    yield Sentence([m.told("还没有自己项目的社区有", "brands.without", "个")])


@topic("services", "党建特色服务", "S14")
def services(m: Material) -> Iterator[Sentence]:
    """Service events and people served, projects by name, who served most."""
    names = m.names("services.projects", "name", 3)
    yield Sentence(
        [
            m.told("开展服务活动", "services.events", "场次"),
            m.told("服务群众", "services.participants", "人次"),
            m.told("参与单位和商户", "services.units", "家"),
        ],
        opening=m.times.opening,
    )
    yield Sentence([m.told("现有特色服务项目", "services.projects", "个"), f"如{names}" if names else ""])
    yield Sentence(
        [ranking.by_fact(m, "services.participants", "服务群众", m.communities, named=1)], only=("standard", "full")
    )


QUOTED = 5
"""Practices that the long report quotes."""


@topic("examples", "示范引领", "S15、S23")
def examples(m: Material) -> Iterator[Sentence]:
    """Practices that the street accepted, honours, examples named."""
    accepted = m.practices[:QUOTED]
    first = accepted[0] if accepted else None
    yield Sentence(
        [
            m.told("推广经验做法", "practices.accepted", "条"),
            f"如{wording.place(first.organization)}“{wording.inside_quotes(first.title)}”" if first else "",
            m.told(f"{m.times.now}受到表彰奖励", "honors.granted", "项"),
        ],
        evidence=tuple(Evidence(one.title, one.get_absolute_url()) for one in accepted),
    )
    yield Sentence(
        [
            m.told("培育示范社区", "demo.communities", "个"),
            m.told("典型项目", "demo.projects", "个"),
            m.told("先进党员", "demo.members", "名"),
        ]
    )
    for one in accepted:
        if one.wording:
            words = one.wording.rstrip("。")
            yield Sentence(
                [f"{wording.place(one.organization)}“{wording.inside_quotes(one.title)}”：{words}"], only=("full",)
            )
