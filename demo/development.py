"""People on the way into the Party, at every stage; probationary members and those regularised lately among them."""

from collections import Counter
from datetime import date, timedelta
from random import Random

from dateutil.relativedelta import relativedelta

from ledgers import papers
from members.development.procedure import BY_CODE, NUMBERED, Step
from members.models import DevelopmentCase, DevelopmentPaper, DevelopmentStep, DevelopmentVote, Gender, Member

from .members import _education, _workplace
from .names import mobile, person
from .plan import Branch, Plan, Street

GAPS = [("apply", 5), ("talk", 14), ("activist", 190), ("activist-filed", 12), ("mentors", 3), ("examination", 170),
        ("candidate", 230), ("candidate-filed", 10), ("sponsors", 2), ("vetting", 40), ("training", 30),
        ("committee", 45), ("pre-approval", 15), ("form", 6), ("admission", 12), ("admission-talk", 15),
        ("admission-approval", 20), ("admission-filed", 10), ("assignment", 4), ("oath", 12), ("probation", 170),
        ("request", 125), ("regularisation", 12), ("regularisation-approval", 25), ("archive", 12)]  # fmt: skip
"""Step and the usual days since the one before."""
APPROVED = ("admission-talk", "admission-approval", "regularisation-approval")
PAPERS = {"": "入党申请书", "examination": "思想汇报", "vetting": "政审结论"}
"""Step, or nothing for the application, and the paper that comes with it."""
FURTHEST = ("talk", "talk", "mentors", "examination", "examination", "sponsors", "training", "admission")


def develop(street: Street) -> Counter[str]:
    """Give every branch a few people on the way, and every new member their procedure; with what offices forget."""
    random = street.random("development")
    steps: list[DevelopmentStep] = []
    votes: list[DevelopmentVote] = []
    cases: list[DevelopmentCase] = []
    for branch in street.branches:
        for _ in range(random.randint(0, 3)):
            cases.append(_somebody(random, street, branch, steps, votes))
        for member in _newcomers(branch, street.plan):
            cases.append(_of_member(random, street.plan, branch, member, steps, votes))
    DevelopmentCase.objects.bulk_create(cases, batch_size=1000)
    DevelopmentStep.objects.bulk_create(steps, batch_size=2000)
    DevelopmentVote.objects.bulk_create(votes, batch_size=2000)
    files = _file(random, cases, steps)
    DevelopmentPaper.objects.bulk_create(files, batch_size=2000)
    return Counter(development_cases=len(cases), development_steps=len(steps), development_papers=len(files))


def _file(random: Random, cases: list[DevelopmentCase], steps: list[DevelopmentStep]) -> list[DevelopmentPaper]:
    """Return the papers of those who are not members yet; of some, one is missing."""
    kept = {}
    for code, title in PAPERS.items():
        text = f"{title}（演示材料，没有内容）".encode()
        kept[code] = {
            "digest": papers.store(text), "filename": f"{title}.txt", "content_type": papers.TEXT, "size": len(text)
        }  # fmt: skip
    on_the_way = [case for case in cases if case.member is None and random.random() < 0.9]
    held = [step for step in steps if step.code in PAPERS and step.case.member is None and not step.exception_reason]
    return [
        *(DevelopmentPaper(case=case, **kept[""]) for case in on_the_way),
        *(DevelopmentPaper(case=step.case, step=step, **kept[step.code]) for step in held if random.random() < 0.9),
    ]


def _newcomers(branch: Branch, plan: Plan) -> list[Member]:
    """Return who joined in this branch lately and is still there."""
    lately = plan.until - relativedelta(months=plan.months + 12)
    found = {stay.member.pk: stay.member for stay in branch.standing(plan.until)}
    here = (m for m in found.values() if m.branch_id == branch.organization.pk and not m.faults)
    return [m for m in here if m.joined_on and m.joined_on >= lately and _plausible(m)]


def _plausible(member: Member) -> bool:
    """Say whether the member's dates are such as the procedure gives."""
    born, joined, regularised = member.birth_date, member.joined_on, member.regularised_on
    if born is None or joined is None or joined < born + relativedelta(years=22):
        return False
    return regularised is None or regularised >= joined + relativedelta(years=1)


def _somebody(
    random: Random, street: Street, branch: Branch, steps: list[DevelopmentStep], votes: list[DevelopmentVote]
) -> DevelopmentCase:
    """Return a person of no register, somewhere before admission."""
    plan, male = street.plan, random.random() < 0.5
    born = plan.ago(random.randint(23 * 366, 42 * 365))
    furthest = random.choice(FURTHEST)
    ahead = random.randint(5, 150)
    spans = _spans(random, furthest)
    case = DevelopmentCase(
        name=person(random, male=male),
        gender=Gender.MALE if male else Gender.FEMALE,
        birth_date=born,
        id_number=street.numbers.give(born, male=male),
        phone=mobile(random),
        education=_education(random, 30),
        workplace=_workplace(random, branch, "in-service"),
        branch=branch.organization,
        applied_on=plan.ago(ahead + sum(days for _, days in spans)),
    )
    if furthest == "talk" and random.random() < 0.3:  # applied, and nobody talked with them
        spans = spans[:1]
    _record(random, branch, case, spans, steps, votes)
    if random.random() < 0.04:
        case.closed_on, case.closed_reason = plan.ago(random.randint(0, 4)), "本人提出撤回申请"
        case.due_on, case.due_step = None, ""
    return case


def _of_member(
    random: Random,
    plan: Plan,
    branch: Branch,
    member: Member,
    steps: list[DevelopmentStep],
    votes: list[DevelopmentVote],
) -> DevelopmentCase:
    """Return the procedure that brought a member in."""
    joined = member.joined_on
    assert joined is not None
    before = [(code, days) for code, days in _spans(random, "admission") if code != "apply"]
    case = DevelopmentCase(
        name=member.name,
        gender=member.gender,
        birth_date=member.birth_date,
        id_number=member.id_number,
        phone=member.phone,
        education=member.education,
        workplace=member.workplace,
        branch=branch.organization,
        applied_on=joined - timedelta(days=sum(days for _, days in before)),
        member=member,
    )
    days = dict(before)
    for code, span in _spans(random, "archive" if member.regularised_on else "probation"):
        if BY_CODE[code].number > BY_CODE["admission"].number:
            days[code] = span
    last = member.regularised_on
    _record(random, branch, case, list(days.items()), steps, votes, plan.until, last)
    return case


def _spans(random: Random, furthest: str) -> list[tuple[str, int]]:
    """Return the steps up to one, each with the days since the one before; now and then too few or too many."""
    spans = []
    for code, days in GAPS:
        if BY_CODE[code].number > BY_CODE[furthest].number:
            break
        strayed = {"talk": 30, "candidate": -150}.get(code, 0) if random.random() < 0.06 else 0
        spans.append((code, max(0, days + random.randint(0, max(1, days // 6)) + strayed) if code != "apply" else 0))
    return spans


def _record(
    random: Random,
    branch: Branch,
    case: DevelopmentCase,
    spans: list[tuple[str, int]],
    steps: list[DevelopmentStep],
    votes: list[DevelopmentVote],
    until: date | None = None,
    regularised_on: date | None = None,
) -> None:
    """Write the steps of one case, and let it follow them."""
    day, own = case.applied_on, []
    full = [s.member for s in branch.standing(case.applied_on) if s.member.category == Member.Category.FULL][:12]
    mentors = random.sample(full, min(2, len(full)))
    for code, days in spans:
        day += timedelta(days=days)
        if regularised_on and code == "regularisation":
            day = regularised_on
        if regularised_on and code == "request":
            day = min(day, regularised_on)
        if until and day > until:
            if code not in APPROVED:
                break
            day = until  # the register has it already
        if code == "apply" or (code == "training" and random.random() < 0.04):
            continue
        own.append(_step(random, case, BY_CODE[code], day, mentors, votes, len(full)))
    steps += _without_silence(own)
    case.derive()
    case.follow(own)


def _without_silence(own: list[DevelopmentStep]) -> list[DevelopmentStep]:
    """Mark what is missing before a later stage as an exception, as the portal would have asked for."""
    taken = {step.code for step in own} | {"apply"}
    furthest = max((BY_CODE[code].stage for code in taken), default=1)
    for step in NUMBERED:
        if step.stage < furthest and step.code not in taken:
            later = min(each.on for each in own if each.step.stage > step.stage)
            own.append(
                DevelopmentStep(case=own[0].case, code=step.code, on=later, exception_reason="材料遗失，已说明情况")
            )
    return own


def _step(
    random: Random,
    case: DevelopmentCase,
    step: Step,
    day: date,
    mentors: list[Member],
    votes: list[DevelopmentVote],
    full: int,
) -> DevelopmentStep:
    """Return one step with what the procedure wants of it."""
    taken = DevelopmentStep(case=case, code=step.code, on=day)
    if step.code in ("mentors", "sponsors"):
        taken.people = "、".join(member.name for member in mentors)
        taken.first_member, taken.second_member = [*mentors, None, None][:2]
    elif step.people:
        taken.people = person(random, male=True)
    if step.code == "training":
        taken.days, taken.hours = (2, 16) if random.random() < 0.08 else (3, 24)
    if step.code.endswith(("approval", "filed")):
        taken.document = f"和办〔{day.year}〕{random.randint(1, 99)} 号"
    if step.code in ("candidate", "committee", "request"):
        taken.public_from, taken.public_to = day - timedelta(days=8), day - timedelta(days=1)
    expected = max(5, full)
    for kind in step.votes:
        against = int(random.random() < 0.1)
        present = max(3, expected - random.randint(0, expected // 5))
        votes.append(
            DevelopmentVote(
                step=taken, kind=kind, expected=expected, present=present, in_favour=present - against, against=against
            )
        )
    return taken
