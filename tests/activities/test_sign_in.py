"""Signing in by the code in the room: who gets in, what the phone is told, what wears out, who watches."""

import logging
from datetime import datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities import sign_in as signing_in
from activities.models import Activity, Arrival, SignInSheet, WrongTry, record_roll
from activities.sign_in import lay_out
from tests.factories import ActivityFactory, MemberFactory, sign_in, street

from .conftest import states
from .leaves import ask_leave

pytestmark = pytest.mark.django_db
DOOR = reverse("activities:door")
NOT_FITTING = "没有对上。请核对姓名和后四位"


@pytest.fixture
def room(client):
    """A meeting of three that is about to begin, its sheet laid out, the secretary's browser and a phone."""
    tree = street()
    zhang, li, wang = (MemberFactory(branch=tree.branch, name=name) for name in ("张三", "李四", "王五"))
    li.phone = "13900001234"
    li.amend()
    activity = ActivityFactory(organization=tree.branch, status="draft", date=timezone.localdate(), topic="换届选举")
    ask_leave(wang, activity.date, activity=activity)
    secretary = sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    client.post(reverse("activities:lay-out", args=[activity.pk]))
    sheet = SignInSheet.objects.get()
    return SimpleNamespace(
        tree=tree, zhang=zhang, li=li, wang=wang, activity=activity, sheet=sheet, secretary=secretary
    )


@pytest.fixture
def phone():
    """Return a phone that nobody is signed in on, with its cross-site protection working."""
    return Client(enforce_csrf_checks=True, REMOTE_ADDR="192.0.2.7")


def scan(phone, sheet):
    return phone.get(reverse("activities:scan", args=[signing_in.code_for(sheet)]))


def try_it(phone, name, digits):
    page = phone.get(DOOR)
    token = {"csrfmiddlewaretoken": phone.cookies["csrftoken"].value} if "csrftoken" in phone.cookies else {}
    return phone.post(DOOR, {"name": name, "digits": digits} | token) if page.status_code == 200 else page


def last4(member):
    return member.id_number[-4:]


def test_it_works(room, phone, client, text_of):
    assert scan(phone, room.sheet).url == DOOR
    answer = try_it(phone, "张三", last4(room.zhang))
    assert "已签到 出席" in text_of(answer)
    assert states(room.activity) == {"张三": "present", "李四": "absent", "王五": "leave:出差"}
    seen = text_of(client.get(reverse("activities:code", args=[room.activity.pk])))
    assert "1 / 3 人已签到" in seen
    assert "张三" in seen
    assert "扫码签到 1 人" in text_of(client.get(room.activity.get_absolute_url()))


class TestWhoGetsIn:
    def sign(self, phone, room, name, digits):
        scan(phone, room.sheet)
        return try_it(phone, name, digits)

    def test_the_phone_s_digits_do_as_well(self, room, phone):
        self.sign(phone, room, " 李 四 ", "１２３４")
        assert states(room.activity)["李四"] == "present"

    @pytest.mark.parametrize(
        ("name", "digits"), [("张三", "0000"), ("赵六", "1234"), ("李四", "0001"), ("张三", "1234")]
    )
    def test_whatever_does_not_fit_is_answered_in_the_same_words(self, room, phone, text_of, name, digits):
        MemberFactory(branch=room.tree.branch, name="赵六")  # of the branch, not on the roll
        page = text_of(self.sign(phone, room, name, digits))
        nobody = text_of(try_it(phone, "无此人", "9999"))
        assert NOT_FITTING in page
        assert page == nobody
        assert not Arrival.objects.exists()
        assert states(room.activity)["张三"] == "absent"

    def test_a_name_with_nothing_behind_it_never_fits(self, room, phone):
        room.zhang.phone = ""
        room.zhang.amend()
        scan(phone, room.sheet)
        assert not signing_in.arrive(signing_in.Ticket.fresh(room.sheet), "张三", "")

    def test_of_two_namesakes_with_the_same_digits_neither_is_meant(self, room, phone):
        twin = MemberFactory(branch=room.tree.branch, name="李四")
        twin.phone = "13911111234"
        twin.amend()
        record_roll(room.activity, {room.li.pk: ("absent", ""), twin.pk: ("absent", "")})
        self.sign(phone, room, "李四", "1234")
        assert not Arrival.objects.exists()
        self.sign(phone, room, "李四", last4(twin))
        assert Arrival.objects.get().member == twin

    def test_who_was_excused_and_came_is_present(self, room, phone):
        self.sign(phone, room, "王五", last4(room.wang))
        assert states(room.activity)["王五"] == "present"

    def test_twice_is_once_and_what_the_secretary_marked_holds(self, room, phone):
        self.sign(phone, room, "张三", last4(room.zhang))
        marks = {room.zhang.pk: ("late", ""), room.li.pk: ("absent", "")}
        record_roll(Activity.objects.get(pk=room.activity.pk), marks)
        self.sign(phone, room, "张三", last4(room.zhang))
        assert Arrival.objects.count() == 1
        assert states(room.activity)["张三"] == "late"

    @pytest.mark.parametrize(("minutes", "state"), [(14, "present"), (15, "present"), (16, "late")])
    def test_from_a_quarter_of_an_hour_after_the_start_one_is_late(self, room, minutes, state):
        room.activity.start_time = time(9, 0)
        now = timezone.make_aware(datetime.combine(room.activity.date, time(9, 0))) + timedelta(minutes=minutes)
        assert signing_in.state_at(room.activity, now) == state
        room.activity.start_time = None
        assert signing_in.state_at(room.activity, now) == "present"


class TestWhatWearsOut:
    def test_a_code_holds_for_a_minute(self, room, phone, monkeypatch):
        now = 1_800_000_000.0
        monkeypatch.setattr(signing.time, "time", lambda: now)
        code = signing_in.code_for(room.sheet)
        monkeypatch.setattr(signing.time, "time", lambda: now + 60)
        assert signing_in.sheet_of(code) == room.sheet
        monkeypatch.setattr(signing.time, "time", lambda: now + 62)
        assert phone.get(reverse("activities:scan", args=[code])).status_code == 410

    def test_a_code_cannot_be_made_up_or_used_for_another_meeting(self, room, phone):
        code = signing_in.code_for(room.sheet)
        number, rest = code.split(":", 1)
        for forged in (f"{int(number) + 1}:{rest}", code[:-1], "x", signing.dumps(room.sheet.pk)):
            assert phone.get(reverse("activities:scan", args=[forged])).status_code == 410
        assert phone.get(DOOR).status_code == 410

    def test_the_page_is_shut_without_a_ticket_and_after_five_minutes(self, room, phone, monkeypatch):
        scan(phone, room.sheet)
        assert phone.get(DOOR).status_code == 200
        real = signing.time.time
        monkeypatch.setattr(signing.time, "time", lambda: real() + 301)
        assert try_it(phone, "张三", last4(room.zhang)).status_code == 410
        assert not Arrival.objects.exists()

    def test_a_ticket_signs_one_person_only(self, room, phone):
        ticket = signing_in.Ticket.fresh(room.sheet)
        assert signing_in.arrive(ticket, "张三", last4(room.zhang))
        assert signing_in.arrive(ticket, "李四", "1234") is None
        assert signing_in.arrive(ticket, "张三", last4(room.zhang))
        scan(phone, room.sheet)
        try_it(phone, "张三", last4(room.zhang))
        assert phone.get(DOOR).status_code == 410

    def test_closing_ends_it_for_codes_and_tickets(self, room, phone, client):
        scan(phone, room.sheet)
        code = signing_in.code_for(room.sheet)
        client.post(reverse("activities:take-up", args=[room.activity.pk]))
        assert phone.get(DOOR).status_code == 410
        assert phone.get(reverse("activities:scan", args=[code])).status_code == 410

    @pytest.mark.parametrize("change", [{"status": "submitted"}, {"date": datetime(2026, 8, 10)}])
    def test_nobody_signs_once_it_is_handed_in_or_on_another_day(self, room, phone, change):
        scan(phone, room.sheet)
        Activity.objects.filter(pk=room.activity.pk).update(**change)
        assert phone.get(DOOR).status_code == 410
        assert signing_in.arrive(signing_in.Ticket.fresh(room.sheet), "张三", last4(room.zhang)) is None


class TestGuessing:
    def test_a_ticket_bears_five_wrong_tries(self, room, phone):
        scan(phone, room.sheet)
        for n in range(5):
            assert try_it(phone, "张三", f"{n:04}").status_code == 200
        assert try_it(phone, "张三", last4(room.zhang)).status_code == 429
        assert states(room.activity)["张三"] == "absent"
        scan(phone, room.sheet)
        assert try_it(phone, "张三", last4(room.zhang)).status_code == 200

    def test_an_address_bears_twenty(self, room, phone):
        for n in range(20):
            WrongTry.objects.create(sheet=room.sheet, ticket=f"t{n}", address="192.0.2.7")
        scan(phone, room.sheet)
        assert try_it(phone, "张三", last4(room.zhang)).status_code == 429
        elsewhere = Client(REMOTE_ADDR="192.0.2.8")
        scan(elsewhere, room.sheet)
        assert try_it(elsewhere, "张三", last4(room.zhang)).status_code == 200

    def test_a_sheet_bears_forty_from_wherever_and_the_secretary_is_told(self, room, phone, client, text_of):
        for n in range(40):
            WrongTry.objects.create(sheet=room.sheet, ticket=f"t{n}", address=f"192.0.2.{n + 10}")
        scan(phone, room.sheet)
        assert try_it(phone, "张三", last4(room.zhang)).status_code == 429
        page = text_of(client.get(reverse("activities:screen", args=[room.activity.pk])))
        assert "已经停用" in page

    def test_closing_and_opening_again_forgets_the_wrong_tries(self, room, phone, client):
        for n in range(40):
            WrongTry.objects.create(sheet=room.sheet, ticket=f"t{n}", address="192.0.2.7")
        lay_out(room.activity)  # it is open: to press again forgets nothing
        assert WrongTry.objects.count() == 40
        SignInSheet.objects.update(closed_at=timezone.now())
        room.sheet = lay_out(room.activity)
        scan(phone, room.sheet)
        assert try_it(phone, "张三", last4(room.zhang)).status_code == 200

    def test_a_form_from_elsewhere_is_refused(self, room, phone):
        scan(phone, room.sheet)
        answer = phone.post(DOOR, {"name": "张三", "digits": last4(room.zhang)})
        assert answer.status_code == 403
        assert not Arrival.objects.exists()


class TestTraces:
    def test_nobody_is_the_actor_whoever_is_signed_in(self, room, client):
        scan(client, room.sheet)  # the secretary's own browser
        assert client.post(DOOR, {"name": "张三", "digits": last4(room.zhang)}).status_code == 200
        entry = AuditEntry.objects.get(action="arrive")
        assert (entry.actor_id, entry.actor_name, entry.address) == (None, "", "127.0.0.1")
        assert entry.changes == {f"members.member#{room.zhang.pk}": ["缺席", "出席"]}
        assert entry.organization_path == room.tree.branch.path

    def test_neither_log_nor_address_nor_database_keeps_what_was_typed(self, room, phone, caplog):
        caplog.set_level(logging.DEBUG)
        answer = scan(phone, room.sheet)
        assert str(room.zhang.pk) != answer.url
        try_it(phone, "张三", "0000")
        try_it(phone, "张三", last4(room.zhang))
        said = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
        assert not [line for line in said if "张三" in line or last4(room.zhang) in line]
        tried = WrongTry.objects.get()
        assert "0000" not in f"{tried.ticket}{tried.address}"
        assert "张三" not in str(AuditEntry.objects.get(action="arrive").label)

    def test_the_phone_sees_no_roll_and_keeps_nothing(self, room, phone, text_of):
        scan(phone, room.sheet)
        page = phone.get(DOOR)
        assert "no-store" in page["Cache-Control"]
        assert not [name for name in ("张三", "李四", "王五", "换届选举") if name in text_of(page)]
        cookie = phone.cookies["door"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", DOOR)


class TestInTheRoom:
    def test_laying_out_again_keeps_who_came(self, room, phone, client):
        scan(phone, room.sheet)
        try_it(phone, "张三", last4(room.zhang))
        client.post(reverse("activities:take-up", args=[room.activity.pk]))
        client.post(reverse("activities:lay-out", args=[room.activity.pk]))
        assert states(room.activity)["张三"] == "present"
        room.sheet.refresh_from_db()
        assert room.sheet.closed_at is None

    @pytest.mark.parametrize("change", [{"days": 1}, {"days": -1}, {"status": "submitted"}])
    def test_it_is_for_an_open_activity_on_its_day(self, client, change):
        tree = street()
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        day = timezone.localdate() + timedelta(days=change.get("days", 0))
        activity = ActivityFactory(organization=tree.branch, status=change.get("status", "draft"), date=day)
        client.post(reverse("activities:lay-out", args=[activity.pk]))
        assert not SignInSheet.objects.exists()

    def test_another_branch_neither_opens_nor_watches(self, room, client):
        sign_in(client, Role.BRANCH_SECRETARY, room.tree.branches[1])
        for page in ("screen", "code"):
            assert client.get(reverse(f"activities:{page}", args=[room.activity.pk])).status_code == 404
        assert client.post(reverse("activities:lay-out", args=[room.activity.pk])).status_code == 404

    def test_the_picture_is_renewed_and_leads_to_the_portal(self, room, client):
        page = client.get(reverse("activities:screen", args=[room.activity.pk])).content.decode()
        assert "<svg" in page
        assert 'hx-trigger="every 15s"' in page
        assert "style=" not in page

    def test_the_pages_cost_the_same_for_few_and_many(self, room, client):
        def cost():
            found = []
            for page in ("screen", "code", "detail"):
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(reverse(f"activities:{page}", args=[room.activity.pk])).status_code == 200
                found.append(len(queries))
            return found

        def come(people):
            for number, member in enumerate(MemberFactory.create_batch(people, branch=room.tree.branch)):
                room.activity.roll.create(member=member, state="present")
                room.sheet.arrivals.create(member=member, state="present", ticket=f"{people}-{number}")

        come(1)
        cost()  # the first look reckons what the minutes are like
        few = cost()
        come(20)
        assert cost() == few
