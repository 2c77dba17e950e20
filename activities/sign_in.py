"""Signing in by a code shown in the room.

The code is a signed address that holds for a minute and is renewed on the screen; scanning it within that minute gives
the phone a ticket for a few minutes, in a cookie, for one signature. Who signs gives their name and four digits that
only they and the register know. Nothing tells whether a name is on the roll; wrong tries are counted for the ticket,
for the address and for the sheet, in the database and under a lock, so that no number of phones at once gets round.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core import signing
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import audit
from accounts.acting import acting_as, current_actor, current_address
from accounts.models import User
from accounts.permissions import Right
from accounts.transactions import atomic
from ledgers import parsing
from ledgers.facts import mark_stale
from ledgers.scope import may

from . import roll as rolls
from .models import Activity, Arrival, Attendance, SignInSheet, WrongTry, record_roll, traced
from .panels.sections import Section

CODE_LIFE = timedelta(seconds=60)
RENEWED_EVERY = timedelta(seconds=15)
TICKET_LIFE = timedelta(minutes=5)
LATE_AFTER = timedelta(minutes=15)
"""After the start; where an activity has no time of start, nobody is late."""
MOST_WRONG_PER_TICKET, MOST_WRONG_PER_ADDRESS, MOST_WRONG_PER_SHEET = 5, 20, 40
"""A room shares one address. Forty guesses at two numbers of four digits hit one person once in a hundred meetings."""
DIGITS = 4
State = Attendance.State
_codes = signing.TimestampSigner(salt="activities.sign-in.code")


class TooMany(Exception):
    """Too many wrong tries: nobody signs with this ticket, from this address, or on this sheet any more."""


class Ticket(NamedTuple):
    """What a phone that scanned in time may do: sign once on one sheet."""

    sheet: int
    nonce: str

    @classmethod
    def fresh(cls, sheet: SignInSheet) -> "Ticket":
        """Return a new one."""
        return cls(sheet.pk, secrets.token_urlsafe(12))

    def __str__(self) -> str:
        return f"{self.sheet}.{self.nonce}"

    @classmethod
    def read(cls, text: str) -> "Ticket":
        """Read one that came back in its signed cookie."""
        sheet, _, nonce = text.partition(".")
        return cls(int(sheet), nonce)


# in the room


def may_open(activity: Activity, user: User) -> bool:
    """Say whether the user may lay out a sheet: on the day, while the branch may change the roll."""
    keeps = may(user, Right.ACTIVITIES_EDIT, activity.organization)
    return keeps and activity.is_open and activity.date == timezone.localdate()


@atomic
def lay_out(activity: Activity) -> SignInSheet:
    """Open the sheet, again if it was closed. The first time everyone without leave is absent until they sign.

    Opened again, the wrong tries are forgotten: one guest with a scanned code must not keep a whole room out. The
    branch, which stands in the room, decides when it is enough; the trail has each reopening.
    """
    held: Activity = (
        Activity.objects.select_for_update(of=("self",), no_key=True).select_related("organization").get(pk=activity.pk)
    )
    sheet = SignInSheet.objects.select_for_update(of=("self",), no_key=True).filter(activity=held).first()
    if sheet is not None:
        if sheet.closed_at is not None:
            sheet.wrong_tries.all().delete()
        sheet.closed_at = None
        return sheet.record("reopen")
    called = rolls.of_activity(held)
    if not called.lines:
        called = rolls.fresh(held.organization, held.kind, held.date, activity=held)
    leave = State.LEAVE.value
    record_roll(
        held,
        {
            line.member_id: (line.state if line.state == leave else State.ABSENT.value, line.reason)
            for line in called.lines
        },
    )
    return SignInSheet(activity=held, opened_at=timezone.now()).record()


def take_up(sheet: SignInSheet) -> SignInSheet:
    """Close the sheet; codes on the screen are worth nothing from now on."""
    sheet.closed_at = timezone.now()
    return sheet.record("close")


def code_for(sheet: SignInSheet) -> str:
    """Return the code for the next minute."""
    return _codes.sign(str(sheet.pk))


def sheet_of(code: str) -> SignInSheet | None:
    """Return the open sheet that a code was made for within the last minute; None for any other."""
    try:
        number = _codes.unsign(code, max_age=CODE_LIFE)
    except signing.BadSignature:
        return None
    return SignInSheet.objects.lying_open().filter(pk=int(number)).select_related("activity__organization").first()


# at the phone


def state_at(activity: Activity, now: datetime) -> Attendance.State:
    """Return present, or late from a quarter of an hour after the start on."""
    if activity.start_time is None:
        return State.PRESENT
    start = timezone.make_aware(datetime.combine(activity.date, activity.start_time))
    return State.LATE if now > start + LATE_AFTER else State.PRESENT


@atomic
def arrive(ticket: Ticket, name: str, digits: str) -> Arrival | None:
    """Sign whoever on the roll has this name and these last four digits of citizen ID or phone; None for nobody.

    None as well where the sheet was closed meanwhile, or where two fit. Raises TooMany. Done in nobody's name, whoever
    the browser is signed in as.
    """
    named = SignInSheet.objects.filter(pk=ticket.sheet).values("activity")
    activity = (
        Activity.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organization")
        .filter(pk__in=named)
        .first()
    )
    sheet = SignInSheet.objects.lying_open().filter(pk=ticket.sheet).first()
    if activity is None or sheet is None:
        return None
    _refuse_too_many(sheet, ticket)
    member_id = _who(activity, name, digits)
    spent = sheet.arrivals.filter(ticket=ticket.nonce).first()
    if member_id is None or (spent is not None and spent.member_id != member_id):
        WrongTry.objects.create(sheet=sheet, ticket=ticket.nonce, address=current_address()[:64])
        return None
    with acting_as(None, current_address()):
        return _sign(sheet, activity, member_id, ticket)


def _refuse_too_many(sheet: SignInSheet, ticket: Ticket) -> None:
    wrong = sheet.wrong_tries.all()
    if (
        wrong.filter(ticket=ticket.nonce).count() >= MOST_WRONG_PER_TICKET
        or wrong.filter(address=current_address()[:64]).count() >= MOST_WRONG_PER_ADDRESS
        or wrong.count() >= MOST_WRONG_PER_SHEET
    ):
        raise TooMany


def _who(activity: Activity, name: str, digits: str) -> int | None:
    """Return the member on the roll whom name and digits mean. Compares with everybody, so that it takes as long."""
    try:
        typed = f"{parsing.person_name(name, 60)}/{parsing.text(digits).upper()}"
    except parsing.Unparsable:
        return None
    found = set()
    for line in activity.roll.select_related("member"):
        person = line.member
        for number in (person.id_number, person.phone):
            fits = constant_time_compare(typed, f"{person.name}/{(number or '')[-DIGITS:].upper()}")
            if fits and number and len(number) > DIGITS:
                found.add(person.pk)
    return found.pop() if len(found) == 1 else None


def _sign(sheet: SignInSheet, activity: Activity, member_id: int, ticket: Ticket) -> Arrival:
    """Put the member on the sheet and on the roll; who signed before is signed, and what a person marked holds."""
    line = Attendance.objects.select_for_update(no_key=True).get(activity=activity, member=member_id)
    state = state_at(activity, timezone.now())
    values = {"state": state, "ticket": ticket.nonce}
    arrival, is_new = Arrival.objects.get_or_create(sheet=sheet, member_id=member_id, defaults=values)
    if not is_new or line.state in State.there():
        return arrival
    before, line.state, line.reason = line.state, state.value, ""
    line.save(update_fields=["state", "reason"])
    Activity.objects.filter(pk=activity.pk).update(
        version=F("version") + 1, updated_at=timezone.now(), updated_by=current_actor()
    )
    audit.record(
        "arrive",
        arrival,
        label=str(activity),
        changes=traced(member_id, before, line.state),
        organization_path=activity.audit_path(),
    )
    mark_stale(activity.touches())
    return arrival


# on the activity's page


def on_activity(activity: Activity, user: User) -> dict[str, Any] | None:
    """Who signed, when; and the way to the code, on the day."""
    sheet = SignInSheet.objects.filter(activity=activity).first()
    opens = may_open(activity, user)
    if sheet is None and not opens:
        return None
    return {"sheet": sheet, "opens": opens, "activity": activity} | (seen_at(sheet) if sheet else {})


def seen_at(sheet: SignInSheet) -> dict[str, Any]:
    """Return who signed, the latest first, how many were called, and how many tries fitted nobody."""
    return {
        "arrivals": list(sheet.arrivals.select_related("member")),
        "expected": sheet.activity.roll.count(),
        "wrong": sheet.wrong_tries.count(),
        "is_blocked": sheet.wrong_tries.count() >= MOST_WRONG_PER_SHEET,
    }


SECTIONS = (Section("扫码签到", "activities/sign_in/_on_activity.html", on_activity, order=5, aside=True),)
