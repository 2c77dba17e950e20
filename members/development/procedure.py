"""The procedure of admitting members: five stages, 25 steps, what each needs and the rule that times it.

《中国共产党发展党员工作细则》(2014) and the flow chart of 25 steps that goes with it. Everything that knows a step (forms,
pages, ledger, import, rules, workbench) reads it here.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Flag, auto

from dateutil.relativedelta import relativedelta
from django.db import models

SOURCE = "《中国共产党发展党员工作细则》"
TALK_WITHIN = relativedelta(months=1)
EXAMINED_EVERY = relativedelta(months=6)
ACTIVIST_FOR = relativedelta(years=1)
PROBATION = relativedelta(years=1)
APPROVED_WITHIN = relativedelta(months=3)
EXTENDED_AT_LEAST, EXTENDED_AT_MOST = relativedelta(months=6), relativedelta(months=12)
TRAINING_DAYS, TRAINING_HOURS = 3, 24
ADULT_AT = relativedelta(years=18)


class Stage(models.IntegerChoices):
    """The five stages of the procedure."""

    APPLYING = 1, "申请入党"
    CULTIVATION = 2, "入党积极分子的确定和培养教育"
    EXAMINATION = 3, "发展对象的确定和考察"
    ADMISSION = 4, "预备党员的接收"
    PROBATION = 5, "预备党员的教育考察和转正"


class Standing(models.TextChoices):
    """What a person on the way is called; facts count people by it."""

    APPLICANT = "applicant", "入党申请人"
    ACTIVIST = "activist", "入党积极分子"
    CANDIDATE = "candidate", "发展对象"
    PROBATIONARY = "probationary", "预备党员"
    REGULARISED = "regularised", "已转正"


class VoteKind(models.TextChoices):
    """Whose votes are counted: 双推, 双评, and the two general meetings."""

    MEMBERS_RECOMMEND = "members-recommend", "党员推荐"
    MASSES_RECOMMEND = "masses-recommend", "群团推荐"
    MEMBERS_REVIEW = "members-review", "党员评议"
    MASSES_REVIEW = "masses-review", "群众评议"
    ADMISSION = "admission", "接收预备党员表决"
    REGULARISATION = "regularisation", "转正表决"


class Need(Flag):
    """What a step records beside its day."""

    NOTHING = 0
    PEOPLE = auto()
    PUBLICITY = auto()
    DOCUMENT = auto()
    TRAINING = auto()
    UNTIL = auto()


@dataclass
class Progress:
    """What is on record of one case: code → days in order, which of them are exceptions, and the extended probation."""

    days: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))
    excepted: set[str] = field(default_factory=set)
    extended_to: date | None = None

    def last(self, code: str) -> date | None:
        """Return the last day on which a step was taken."""
        return max(self.days[code]) if self.days.get(code) else None

    def first(self, codes: Iterable[str]) -> date | None:
        """Return the first day on which one of these steps was taken."""
        return min((day for code in codes for day in self.days.get(code, ())), default=None)

    @property
    def taken(self) -> Collection[str]:
        """The steps on record, exceptions included."""
        return {code for code, days in self.days.items() if days}


Timing = Callable[[Progress], date | None]


def after(code: str, delta: relativedelta) -> Timing:
    """Return the timing that counts from the day of another step."""

    def reckon(progress: Progress) -> date | None:
        day = progress.last(code)
        return day + delta if day else None

    return reckon


def _next_examination(progress: Progress) -> date | None:
    """Half a year after the last examination of an activist, as long as they are no candidate."""
    since = max(filter(None, (progress.last("activist"), progress.last("examination"))), default=None)
    return since + EXAMINED_EVERY if since and not progress.last("candidate") else None


def probation_over(progress: Progress) -> date | None:
    """Return the day on which probation is over: a year after the general meeting, or what it was extended to."""
    return progress.extended_to or after("admission", PROBATION)(progress)


def _never(progress: Progress) -> date | None:
    return None


@dataclass(frozen=True)
class Step:
    """One step. `due` is its last day, `not_before` its first; `rule` is the rulebook's code that times or checks it.

    A `firm` one cannot be passed over by an exception: somebody's rights hang on it. One that `repeats` may be on record
    many times. `follows` names the step before whose day it cannot lie.
    """

    code: str
    stage: Stage
    title: str
    short: str
    about: str
    needs: Need = Need.NOTHING
    votes: tuple[VoteKind, ...] = ()
    people: str = ""
    rule: str = ""
    due: Timing = _never
    not_before: Timing = _never
    follows: str = "apply"
    firm: bool = False
    repeats: bool = False
    optional: bool = False

    @property
    def number(self) -> int:
        """Its place among the 25, from 1; 0 for one that is not among them."""
        return 0 if self.optional else NUMBERED.index(self) + 1

    @property
    def column(self) -> str:
        """Its day as an identifier, for the ledger and the import."""
        return f"step_{self.code.replace('-', '_')}_on"

    def has(self, need: Need) -> bool:
        """Say whether it records this."""
        return bool(self.needs & need)


_S, _V = Stage, VoteKind
STEPS: tuple[Step, ...] = (
    Step("apply", _S.APPLYING, "递交入党申请书", "申请入党", "年满十八岁、自愿提出，向工作、学习单位或居住地党组织递交申请书。", rule="R27", firm=True),
    Step("talk", _S.APPLYING, "党组织派人谈话", "派人谈话", "收到申请书后一个月内，党组织派人同申请人谈话，了解基本情况。", Need.PEOPLE, people="谈话人", rule="R20", due=after("apply", TALK_WITHIN)),
    Step("activist", _S.CULTIVATION, "推荐和确定入党积极分子", "确定积极分子", "采取党员推荐、群团组织推优（双推）产生人选，支部委员会研究决定。", Need.PUBLICITY, (_V.MEMBERS_RECOMMEND, _V.MASSES_RECOMMEND)),
    Step("activist-filed", _S.CULTIVATION, "上级党委备案（积极分子）", "积极分子备案", "把确定的入党积极分子报上级党委备案。", Need.DOCUMENT, follows="activist"),
    Step("mentors", _S.CULTIVATION, "指定培养联系人", "培养联系人", "指定一至两名正式党员做培养联系人。", Need.PEOPLE, people="培养联系人", rule="R21", follows="activist"),
    Step("examination", _S.CULTIVATION, "培养教育考察", "培养考察", "党支部每半年对入党积极分子进行一次考察，写实记录。", rule="R21", due=_next_examination, follows="activist", repeats=True),
    Step("candidate", _S.EXAMINATION, "确定发展对象", "确定发展对象", "经一年以上培养教育，听取党员、群众意见（双评）并公示，支部委员会讨论同意。", Need.PUBLICITY, (_V.MEMBERS_REVIEW, _V.MASSES_REVIEW), rule="R22", not_before=after("activist", ACTIVIST_FOR), follows="activist"),
    Step("candidate-filed", _S.EXAMINATION, "报上级党委备案（发展对象）", "发展对象备案", "把发展对象人选报上级党委备案同意。", Need.DOCUMENT, follows="candidate"),
    Step("sponsors", _S.EXAMINATION, "确定入党介绍人", "入党介绍人", "两名正式党员做入党介绍人，一般由培养联系人担任。", Need.PEOPLE, people="入党介绍人", rule="R26", follows="candidate"),
    Step("vetting", _S.EXAMINATION, "进行政治审查", "政治审查", "谈话、查档、函调或外调，形成结论性材料。", Need.DOCUMENT, follows="candidate"),
    Step("training", _S.EXAMINATION, "开展集中培训", "集中培训", "短期集中培训不少于三天或二十四学时；没有经过培训的，一般不能发展入党。", Need.TRAINING, rule="R23", follows="candidate"),
    Step("committee", _S.ADMISSION, "支部委员会审查", "支委会审查", "支部委员会对发展对象严格审查，集体讨论合格后公示。", Need.PUBLICITY, follows="candidate"),
    Step("pre-approval", _S.ADMISSION, "上级党委预审", "党委预审", "上级党委审查培养教育考察情况，书面答复支部。", Need.DOCUMENT, follows="committee"),
    Step("form", _S.ADMISSION, "填写入党志愿书", "填志愿书", "预审合格后发给《中国共产党入党志愿书》，由发展对象填写。", Need.DOCUMENT, follows="candidate"),
    Step("admission", _S.ADMISSION, "支部大会讨论接收", "大会接收", "支部党员大会讨论、无记名投票表决；这一天就是入党时间，预备期从这天算起。", votes=(_V.ADMISSION,), follows="candidate", firm=True),
    Step("admission-talk", _S.ADMISSION, "上级党委派人谈话", "党委谈话", "审批前，上级党委指派委员或组织员同发展对象谈话。", Need.PEOPLE, people="谈话人", follows="admission"),
    Step("admission-approval", _S.ADMISSION, "上级党委审批", "审批接收", "上级党委三个月内审批，特殊情况不超过六个月；批准后，按大会日期编入党员花名册。", Need.DOCUMENT, rule="R28", due=after("admission", APPROVED_WITHIN), follows="admission", firm=True),
    Step("admission-filed", _S.ADMISSION, "再上一级党委组织部门备案", "组织部备案", "把新接收的预备党员报上级党委组织部门备案。", Need.DOCUMENT, follows="admission-approval"),
    Step("assignment", _S.PROBATION, "编入党支部和党小组", "编入支部", "及时把预备党员编入党支部和党小组，继续教育考察。", follows="admission-approval"),
    Step("oath", _S.PROBATION, "入党宣誓", "入党宣誓", "面向党旗进行入党宣誓，一般由党委或党支部组织。", follows="admission"),
    Step("probation", _S.PROBATION, "继续教育考察", "预备期考察", "听取本人汇报、个别谈心、集中培训、实践锻炼，写实考察。", follows="admission", repeats=True),
    Step("request", _S.PROBATION, "提出转正申请", "转正申请", "预备期满，本人提出书面转正申请，听取党员和群众意见后公示。", Need.PUBLICITY, follows="admission"),
    Step("regularisation", _S.PROBATION, "支部大会讨论转正", "大会转正", "预备期满，支部党员大会讨论、无记名投票表决能否转正；这一天就是转正时间。", votes=(_V.REGULARISATION,), rule="R24", due=probation_over, not_before=probation_over, follows="admission", firm=True),
    Step("regularisation-approval", _S.PROBATION, "上级党委审批转正", "审批转正", "上级党委三个月内审批；批准后，花名册按大会日期改为正式党员。", Need.DOCUMENT, rule="R28", due=after("regularisation", APPROVED_WITHIN), follows="regularisation", firm=True),
    Step("archive", _S.PROBATION, "材料归档", "材料归档", "入党志愿书、申请书、政审材料、转正申请、培养考察材料归入本人档案。", follows="regularisation"),
    Step("extension", _S.PROBATION, "延长预备期", "延长预备期", "需要继续考察的，支部大会可以决定延长一次预备期，六个月以上、一年以下。", Need.DOCUMENT | Need.UNTIL, rule="R25", follows="admission", repeats=True, optional=True),
)  # fmt: skip
NUMBERED = tuple(step for step in STEPS if not step.optional)
BY_CODE = {step.code: step for step in STEPS}
RECORDED = tuple(step for step in STEPS if step.code != "apply")
"""What is kept as steps; the application is the case itself."""
REPEATED = tuple(step.code for step in STEPS if step.repeats)
ORDER = {step.code: place for place, step in enumerate(STEPS)}


def missing_before(step: Step, taken: Collection[str]) -> list[Step]:
    """Return the steps of earlier stages that are not on record: a stage is not left before it is done."""
    return [each for each in NUMBERED if each.stage < step.stage and each.code not in taken]


def needed_first(step: Step, taken: Collection[str]) -> Step | None:
    """Return the firm step on which this one rests and which is not on record: no exception stands for it."""
    wanted: Step | None = BY_CODE[step.follows]
    while wanted and wanted.code != "apply":
        if wanted.firm and wanted.code not in taken:
            return wanted
        wanted = BY_CODE[wanted.follows]
    return None


def too_early(step: Step, day: date, progress: Progress) -> str:
    """Say, in Chinese, why a step cannot have been taken on that day; empty where it can."""
    earlier = BY_CODE[step.follows]
    before = progress.last(earlier.code) or progress.last("apply")
    if before and day < before:
        return f"不能早于“{earlier.title if progress.last(earlier.code) else STEPS[0].title}”的日期 {before}"
    if step.code == "regularisation" and (over := probation_over(progress)) and day < over:
        return f"预备期到 {over} 才满，转正不能早于这一天"
    return ""


def next_step(progress: Progress) -> Step | None:
    """Return the first of the 25 that is not on record."""
    return next((step for step in NUMBERED if step.code not in progress.taken), None)


def deadlines(progress: Progress) -> Iterator[tuple[date, Step]]:
    """Yield what has a last day and is still to be done."""
    for step in NUMBERED:
        if (step.repeats or step.code not in progress.taken) and (day := step.due(progress)):
            yield day, step


def first_due(progress: Progress) -> tuple[date, Step] | None:
    """Return what is due first, with its last day."""
    return min(deadlines(progress), key=lambda pair: pair[0], default=None)
