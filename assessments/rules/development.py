"""Rules about people on the way into the Party (R20-R23, R25-R28), judged on their cases as of a day."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from assessments.engine import About, Check, Course, Rule, Violation, register
from assessments.models import Severity
from assessments.words import CAPACITY, STRENGTH, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.facts import Number
from ledgers.ledger import Query
from ledgers.period import Period
from members.development.procedure import (
    ACTIVIST_FOR,
    ADULT_AT,
    APPROVED_WITHIN,
    EXAMINED_EVERY,
    EXTENDED_AT_LEAST,
    EXTENDED_AT_MOST,
    PROBATION,
    SOURCE,
    TALK_WITHIN,
    TRAINING_DAYS,
    TRAINING_HOURS,
    Standing,
)
from members.models import DevelopmentCase


class Breach(NamedTuple):
    """What is wrong with one case, and the two numbers where there are any."""

    detail: str
    value: Number | None = None
    required: Number | None = None


class CaseRule(Rule):
    """Base of the rules about cases.

    Who is in the register of members has a violation of their own; the others of a branch share one that names them.
    """

    source = SOURCE
    about = About.PEOPLE

    @abstractmethod
    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return what is wrong with a case on the check's day."""

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield one violation for each member, and one for each branch that names its other people."""
        named: dict[int, list[tuple[DevelopmentCase, Breach]]] = defaultdict(list)
        for course in check.courses:
            if check.is_temporary(course.case.branch_id):
                continue
            if breach := self.breach(course, check):
                case = course.case
                if case.member_id:
                    organization = check.by_id[case.branch_id]
                    yield Violation(self.code, organization, *breach, member_id=case.member_id, cases=(case.pk,))
                else:
                    named[case.branch_id].append((case, breach))
        for branch, people in named.items():
            words = "；".join(f"{case.name}：{breach.detail}" for case, breach in people)
            numbers = people[0][1][1:] if len(people) == 1 else (len(people), 0)
            cases = tuple(case.pk for case, _ in people)
            yield Violation(self.code, check.by_id[branch], _short(words), *numbers, cases=cases)

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the cases of the branch, or of the member."""
        if member_id is not None:
            return super().evidence(organization, period, member_id)
        return ledger.get("development").url(Query(organization, on=period.as_of()))


def _short(words: str) -> str:
    return words if len(words) <= 280 else f"{words[:279]}…"


def _late(done: date | None, deadline: date, check: Check, act: str) -> Breach | None:
    """Return the breach where something was done after its last day, in this period, or is still not done."""
    if done is None and check.day > deadline:
        return Breach(f"应在 {deadline} 前{act}，还没有办理", (check.day - deadline).days, 0)
    if done is not None and done > deadline and done >= check.period.start:
        return Breach(f"应在 {deadline} 前{act}，{done} 才办理", (done - deadline).days, 0)
    return None


@register
class TalkedWith(CaseRule):
    code = "R20"
    words = Words(
        heading="同入党申请人谈话不及时",
        predicate="提出申请后，党支部没有在1个月内派人谈话",
        noun="名入党申请人",
        measure=("{owner}于{deadline}前派委员同申请人谈话并作记录，今后收到申请1个月内谈话；{supervisor}按季度了解。"),
        lead="及时同申请人谈话",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "收到入党申请书后一个月内派人谈话"
    source = f"{SOURCE}第七条"
    remedy = "尽快派人同入党申请人谈话，并登记谈话人和日期；已经谈过的，补登日期。"

    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return the talk that is late."""
        deadline = course.case.applied_on + TALK_WITHIN
        return _late(course.progress.last("talk"), deadline, check, "派人谈话")


@register
class ActivistCultivated(CaseRule):
    code = "R21"
    words = Words(
        heading="入党积极分子培养考察不及时",
        predicate="没有确定培养联系人，或者没有每半年考察一次",
        noun="名入党积极分子",
        measure=(
            "{owner}于{deadline}前确定培养联系人，召开支部委员会会议完成考察，考察意见报{supervisor}，"
            "以考察登记表为准。"
        ),
        lead="做好培养考察",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "入党积极分子有培养联系人，每半年考察一次"
    remedy = "指定一至两名正式党员做培养联系人；每半年考察一次并登记日期。"

    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return missing mentors, and an examination that is late."""
        activist = course.progress.last("activist")
        if course.standing != Standing.ACTIVIST or activist is None:
            return None
        wrong = []
        if "mentors" not in course.progress.excepted and not 1 <= course.full_members("mentors") <= 2:
            wrong.append("没有登记一至两名正式党员做培养联系人")
        last = max(activist, course.progress.last("examination") or activist)
        if check.day > last + EXAMINED_EVERY:
            wrong.append(f"上次考察（或确定）在 {last}，已超过半年")
        return Breach("，".join(wrong)) if wrong else None


@register
class ActivistForAYear(CaseRule):
    code = "R22"
    words = Words(
        heading="确定发展对象把关不严",
        predicate="列为发展对象时培养教育和考察不满1年",
        noun="名发展对象",
        measure=(
            "{owner}于{deadline}前复核培养时间，不满1年的继续培养，不得提交讨论接收；"
            "处理意见报{supervisor}，街道党建办复审。"
        ),
        lead="严格确定发展对象",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "入党积极分子经过一年以上培养才能确定为发展对象"
    source = f"{SOURCE}第十三条"
    severity = Severity.SERIOUS
    remedy = "核对确定入党积极分子和发展对象的日期；确实不满一年的，继续培养教育，期满后重新讨论。"

    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return a candidate who was an activist for less than a year."""
        activist, candidate = course.progress.last("activist"), course.progress.last("candidate")
        if course.standing != Standing.CANDIDATE or activist is None or candidate is None:
            return None
        if candidate >= activist + ACTIVIST_FOR:
            return None
        days, required = (candidate - activist).days, (activist + ACTIVIST_FOR - activist).days
        return Breach(f"{activist} 确定为积极分子，{candidate} 就确定为发展对象，不满一年", days, required)


@register
class Trained(CaseRule):
    code = "R23"
    words = Words(
        heading="发展对象培训不到位",
        predicate="集中培训不足3天或者24学时",
        noun="名发展对象",
        measure=(
            "街道党建办于{deadline}前组织发展对象集中培训，{owner}负责通知到人，未经培训的不提交讨论接收，"
            "以结业证明为准。"
        ),
        lead="抓好发展对象培训",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = f"发展对象入党前集中培训不少于 {TRAINING_DAYS} 天或 {TRAINING_HOURS} 学时"
    severity = Severity.SERIOUS
    remedy = "安排短期集中培训并登记天数、学时；已经培训过的，补登日期、天数和学时。"

    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return training that was too short, too late, or missing at the general meeting."""
        if course.standing not in (Standing.CANDIDATE, Standing.PROBATIONARY):
            return None
        admission = course.progress.last("admission")
        training = course.last("training")
        if training is None or training.exception_reason:
            return Breach(f"{admission} 支部大会接收前没有集中培训记录", 0, TRAINING_HOURS) if admission else None
        if (training.days or 0) < TRAINING_DAYS and (training.hours or 0) < TRAINING_HOURS:
            spent = f"集中培训 {training.days or 0:g} 天 {training.hours or 0:g} 学时"
            return Breach(f"{spent}，不足 {TRAINING_DAYS} 天或 {TRAINING_HOURS} 学时", training.hours, TRAINING_HOURS)
        if admission and training.on > admission:
            return Breach(f"集中培训在 {training.on}，晚于 {admission} 支部大会接收")
        return None


@register
class ExtendedOnce(CaseRule):
    code = "R25"
    words = Words(
        heading="延长预备期不规范",
        predicate="延长预备期的次数或者期限不符合规定",
        noun="名预备党员",
        measure=(
            "{owner}于{deadline}前复核延长预备期的决议，不符合规定的重新讨论并报上级党委审批，街道党建办指导把关。"
        ),
        lead="规范延长预备期",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "预备期最多延长一次，六个月以上、一年以下"
    source = f"{SOURCE}第三十二条"
    severity = Severity.SERIOUS
    remedy = "核对延长预备期的决定；延长期满的，及时讨论能否转正，不能再次延长。"

    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return a second extension, or one of the wrong length."""
        extensions = [step for step in course.steps if step.code == "extension"]
        if not extensions or course.standing == Standing.REGULARISED:
            return None
        if len(extensions) > 1:
            return Breach(f"预备期延长了 {len(extensions)} 次", len(extensions), 1)
        admission, until = course.progress.last("admission"), extensions[0].until
        if admission is None or until is None:
            return None
        over = admission + PROBATION
        if over + EXTENDED_AT_LEAST <= until <= over + EXTENDED_AT_MOST:
            return None
        return Breach(f"预备期 {over} 届满，延长至 {until}，不在六个月以上、一年以下")


@register
class TwoSponsors(CaseRule):
    code = "R26"
    words = Words(
        heading="入党介绍人确定不规范",
        predicate="没有2名正式党员作入党介绍人",
        noun="名发展对象",
        measure="{owner}于{deadline}前确定2名正式党员作入党介绍人，并说明介绍人职责；{supervisor}审核后再提交讨论。",
        lead="确定入党介绍人",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "发展对象有两名正式党员做入党介绍人"
    remedy = "确定两名正式党员做入党介绍人并登记；姓名和花名册对不上的，核对后改正。"

    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return a candidate without two full members as sponsors."""
        if course.standing != Standing.CANDIDATE or "sponsors" in course.progress.excepted:
            return None
        found = course.full_members("sponsors")
        if found >= 2:
            return None
        return Breach(f"登记了 {found} 名正式党员做入党介绍人，应有 2 名", found, 2)


@register
class Adult(CaseRule):
    code = "R27"
    words = Words(
        heading="受理入党申请把关不严",
        predicate="提出申请时未满18周岁",
        noun="名入党申请人",
        measure=("{owner}于{deadline}前向本人说明入党条件，年满18周岁后可重新提出申请，有关情况报{supervisor}备案。"),
        lead="严格受理申请",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "申请入党时年满十八岁"
    source = "《中国共产党章程》"
    severity = Severity.SERIOUS
    remedy = "核对出生日期和申请日期；确实不满十八岁的，年满后重新递交申请。"

    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return who applied before they were of age."""
        born, applied = course.case.birth_date, course.case.applied_on
        if course.standing == Standing.REGULARISED or born is None or applied >= born + ADULT_AT:
            return None
        return Breach(f"{applied} 申请入党时不满十八岁（{born + ADULT_AT} 才满）")


@register
class ApprovedInTime(CaseRule):
    code = "R28"
    words = Words(
        heading="发展党员审批不及时",
        predicate="超过规定期限没有审批",
        noun="件接收预备党员或者转正事项",
        measure=(
            "负责审批的党委于{deadline}前集体讨论审批，并将结果通知报批的党支部；超过期限的说明原因，街道党建办跟踪。"
        ),
        lead="及时审批",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "接收预备党员和转正三个月内报上级党委审批"
    severity = Severity.SERIOUS
    remedy = "尽快报上级党委审批（特殊情况最长六个月），批复后登记日期和文号。"

    def breach(self, course: Course, check: Check) -> Breach | None:
        """Return approvals that are late."""
        found = [*self._late(course, check)]
        return Breach("；".join(one.detail for one in found), *found[0][1:]) if found else None

    def _late(self, course: Course, check: Check) -> Iterable[Breach]:
        for meeting, act in (("admission", "审批接收预备党员"), ("regularisation", "审批转正")):
            held = course.progress.last(meeting)
            if held and (
                late := _late(course.progress.last(f"{meeting}-approval"), held + APPROVED_WITHIN, check, act)
            ):
                yield late
