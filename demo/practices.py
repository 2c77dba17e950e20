"""What a street's communities and branches do well, and how far the telling of it has got."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from activities.models import Activity, Practice, PracticeEvidence
from ledgers import bulk

from .plan import Street

TOLD: tuple[tuple[str, str, str], ...] = (
    (
        "楼栋议事会解决停车难",
        "每月由楼栋党员召集住户代表议一次，停车位划线、轮换和访客登记三件事由住户自己定，物业照办。",
        "划出停车位 62 个，停车引起的纠纷从每月十几件减到一两件。",
    ),
    (
        "错时党课方便上班党员",
        "把党课放在晚上七点半，每次四十分钟，请不来的由小组长送学上门并登记。",
        "在职党员到会明显增多，补课的人数减少。",
    ),
    (
        "“小红箱”收集居民心愿",
        "在楼道口设心愿箱，每周五开箱登记，党员认领，办好后在楼道张贴结果。",
        "半年登记心愿 87 件，办成 79 件。",
    ),
    (
        "台账一周一清",
        "每周五下午由组织委员对照清单核对会议记录、签到和党费，缺什么当场补什么。",
        "检查时没有再发现缺签到表的情况。",
    ),
    (
        "商户联盟帮老人",
        "沿街商户挂牌，给独居老人送餐、理发、修锁，社区每季度公布一次服务次数。",
        "加入商户 23 家，每月服务老人 60 多人次。",
    ),
)
RETURNED = "成效请写明数字和时间。"


def tell(street: Street) -> Counter[str]:
    """Write some practices of the street: accepted, offered, returned and drafts, with activities as evidence."""
    random = street.random("practices")
    practices = list(_practices(random, street))
    bulk.insert(practices)
    places = {practice.organization_id for practice in practices}
    held: dict[int, list[int]] = {}
    kinds = (Activity.Kind.THEME_DAY, Activity.Kind.VOLUNTEERING, Activity.Kind.COBUILDING)
    done = Activity.objects.counted().filter(organization__in=places, kind__in=kinds)
    for organization, pk in done.order_by("number").values_list("organization_id", "pk"):
        held.setdefault(organization, []).append(pk)
    evidence = [
        PracticeEvidence(practice=practice, activity_id=pk)
        for practice in practices
        for pk in random.sample(
            held.get(practice.organization_id, []), min(2, len(held.get(practice.organization_id, [])))
        )
    ]
    bulk.insert(evidence)
    return Counter(practices=len(practices), practice_evidence=len(evidence))


def _practices(random: Random, street: Street) -> Iterator[Practice]:
    plan = street.plan
    places = [*street.communities, *(branch.organization for branch in street.branches)]
    random.shuffle(places)
    for turn, (title, method, result) in enumerate(TOLD[: len(places)]):
        written = plan.ago(random.randint(20, 150))
        practice = Practice(organization=places[turn], title=title, written_on=written, method=method, result=result)
        if turn in (0, 1, 3):
            practice.offered_on = written + timedelta(days=2)
        if turn in (0, 1):
            practice.accepted_on, practice.wording = written + timedelta(days=9), f"{method}{result}"
        if turn == 2:
            practice.return_reason = RETURNED
        yield practice
