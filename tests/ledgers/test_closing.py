"""A locked month takes nothing silently: not from a form, a file or an undo; what comes with a reason is marked."""

import uuid
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import AuditEntry
from activities.models import Activity
from branches.closing import close
from ledgers import closing, importing, undoing
from ledgers import ledger as ledgers
from ledgers.models import ClosedMonth, ImportBatch, LateEntry
from ledgers.period import Period
from tests.factories import MemberFactory, PostingFactory, sign_in, street
from tests.ledgers.workbooks import xlsx

AUGUST = Period.parse("2026-08")
REASON = "纸质记录送来晚了"
HEADERS = ["活动类型", "日期", "组织编码", "主题"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def place(monkeypatch):
    """A street of one community and two branches whose August is locked; it is 20 September."""
    monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 9, 20))
    place = street(1, 2)
    close([AUGUST], place.committee)
    return place


@pytest.fixture
def office(place):
    user = PostingFactory(organization=place.committee, role="office").user
    with acting_as(user):
        yield user


def theme_day(branch, day=date(2026, 8, 5), **fields):
    return Activity(organization=branch, kind="theme-day", date=day, topic="主题党日", **fields)


def marks():
    return list(LateEntry.objects.order_by("pk").values_list("organization__code", "month", "act", "reason"))


class TestRecords:
    def test_what_is_of_an_open_month_goes_in_without_a_word(self, place, office):
        theme_day(place.branch, date(2026, 9, 5)).record()
        theme_day(place.branch, date(2026, 7, 5)).record()
        assert not LateEntry.objects.exists()

    def test_what_is_of_a_locked_month_wants_a_reason_and_nothing_is_written_without(self, place, office):
        with pytest.raises(closing.MonthClosed, match="2026年8月已经锁定"):
            theme_day(place.branch).record()
        assert not Activity.objects.exists()
        with closing.with_reason(REASON):
            made = theme_day(place.branch).record()
        assert marks() == [(place.branch.code, date(2026, 8, 1), "create", REASON)]
        mark = LateEntry.objects.about(made).get()
        assert (mark.by, mark.what) == (office, "活动")

    def test_a_change_and_a_deletion_are_entries_too(self, place, office):
        made = theme_day(place.branch, date(2026, 9, 5)).record()
        made.date = date(2026, 8, 30)
        with pytest.raises(closing.MonthClosed):
            made.record()
        made.refresh_from_db()
        with closing.with_reason(REASON):
            made.date = date(2026, 8, 30)
            made.record()
            made.erase()
        assert [act for _, _, act, _ in marks()] == ["change", "delete"]

    def test_what_one_does_at_once_is_marked_once(self, place, office):
        with closing.with_reason(REASON):
            made = theme_day(place.branch).record()
            made.topic = "八月主题党日"
            made.record()
        with closing.with_reason("又改了一处"):
            made.topic = "八月的主题党日"
            made.record()
        assert [(act, reason) for _, _, act, reason in marks()] == [("create", REASON), ("change", "又改了一处")]

    def test_another_street_is_not_bound(self, place, office):
        other = street(1, 1)
        theme_day(other.branch).record()
        assert not LateEntry.objects.exists()

    def test_a_change_of_a_member_that_dates_from_a_locked_month_is_no_entry_of_that_month(self, place, office):
        with closing.with_reason(REASON):
            member = MemberFactory(branch=place.branch, joined_on=date(2026, 8, 3))
        LateEntry.objects.all().delete()
        member.phone = "13900000000"
        member.record()
        assert not LateEntry.objects.exists()

    def test_of_the_running_month_no_query_is_asked(self, place, django_assert_num_queries):
        from ledgers.models import Touch

        with django_assert_num_queries(0):
            assert closing.locked([Touch(place.branch.pk, date(2026, 9, 1), False)]) == set()


class TestFiles:
    def rows(self, place, *days):
        return [HEADERS, *(["主题党日", day, place.branch.code, f"主题{day}"] for day in days)]

    def batch(self, place, user, *days):
        register = ledgers.get("activities")
        batch, match = importing.open_batch(
            register, xlsx(*self.rows(place, *days)), "活动.xlsx", user, place.committee
        )
        importing.importer_for(batch).analyse(match)
        batch.save()
        return batch

    def test_a_file_that_reaches_into_a_locked_month_is_refused_whole_without_a_reason(self, place, office):
        batch = self.batch(place, office, "2026-08-05", "2026-09-05")
        with pytest.raises(importing.CannotImport, match=r"2026年8月已经锁定.*请填写补录原因"):
            importing.apply(batch)
        assert not Activity.objects.exists()
        batch.late_reason = REASON
        batch.save()
        importing.apply(batch)
        assert Activity.objects.count() == 2
        assert marks() == [(place.branch.code, date(2026, 8, 1), "import", REASON)]

    def test_a_file_that_takes_a_row_out_of_a_locked_month_wants_a_reason_too(self, place, office):
        with closing.with_reason(REASON):
            held = theme_day(place.branch).record()
        LateEntry.objects.all().delete()
        rows = [["活动编号", *HEADERS], [held.number, "主题党日", "2026-09-06", place.branch.code, "主题党日"]]
        batch, match = importing.open_batch(
            ledgers.get("activities"), xlsx(*rows), "活动.xlsx", office, place.committee
        )
        assert importing.importer_for(batch).analyse(match).counts["changed"] == 1
        batch.save()
        with pytest.raises(importing.CannotImport, match="已经锁定"):
            importing.apply(batch)
        held.refresh_from_db()
        assert held.date == date(2026, 8, 5)
        batch.because(REASON)
        batch.save()
        importing.apply(batch)
        assert marks() == [(place.branch.code, date(2026, 8, 1), "import", REASON)]

    def test_the_command_takes_the_reason(self, place, office, tmp_path):
        file = tmp_path / "活动.xlsx"
        file.write_bytes(xlsx(*self.rows(place, "2026-08-05")))
        command = ["import_ledger", "activities", str(file), "--user", office.username, "--apply"]
        with pytest.raises(CommandError, match="已经锁定"):
            call_command(*command, stdout=StringIO())
        assert not ImportBatch.objects.filter(state="applied").exists()
        call_command(*command, "--reason", REASON, stdout=StringIO())
        assert marks() == [(place.branch.code, date(2026, 8, 1), "import", REASON)]

    def test_an_undo_that_reaches_into_a_locked_month_needs_a_reason_too(self, place, office):
        ClosedMonth.objects.all().delete()
        batch = importing.apply(self.batch(place, office, "2026-08-05"))
        close([AUGUST], place.committee)
        with pytest.raises(importing.CannotImport, match="请填写补录原因后再撤销"):
            undoing.undo(batch, office)
        assert Activity.objects.count() == 1
        with closing.with_reason("文件传错了"):
            undoing.undo(batch, office)
        assert marks() == [(place.branch.code, date(2026, 8, 1), "undo", "文件传错了")]

    def test_an_undo_is_refused_behind_a_lock(self, place, office, monkeypatch):
        ClosedMonth.objects.all().delete()
        batch = importing.apply(self.batch(place, office, "2026-08-05"))
        close([AUGUST], place.committee)
        monkeypatch.setattr(closing, "locks", [lambda places: "2026年8月考核结果已锁定"])
        with closing.with_reason(REASON), pytest.raises(importing.CannotImport, match="已锁定，不能撤销"):
            undoing.undo(batch, office)
        assert Activity.objects.count() == 1


class TestPages:
    def form(self, place, **more):
        return {
            "organization": place.branch.pk, "kind": "theme-day", "date": "2026-08-05", "topic": "主题党日", **more,
        }  # fmt: skip

    def test_the_office_locks_a_month_that_is_over_and_opens_it_again_with_a_reason(self, client, place):
        sign_in(client, "office", place.committee)
        page = reverse("branches:closed-months")
        text = client.get(page).content.decode()
        assert text.count("已锁定</span>") == 1
        july = {"street": place.committee.pk, "month": "2026-07-01"}
        assert "2026年7月已锁定" in client.post(reverse("branches:month-close"), july, follow=True).content.decode()
        running = july | {"month": "2026-09-01"}
        answer = client.post(reverse("branches:month-close"), running, follow=True).content.decode()
        assert "这个月还没有过完" in answer
        held = ClosedMonth.objects.get(month=date(2026, 7, 1))
        reopen = reverse("branches:month-reopen", args=[held.pk])
        assert "重新开启要写明原因" in client.post(reopen, follow=True).content.decode()
        client.post(reopen, {"reason": "漏记两次会议"})
        assert not ClosedMonth.objects.filter(month=date(2026, 7, 1)).exists()
        assert AuditEntry.objects.filter(action="reopen-month").count() == 1

    def test_a_branch_sees_the_months_and_locks_none(self, client, place):
        sign_in(client, "branch-secretary", place.branch)
        text = client.get(reverse("branches:closed-months")).content.decode()
        assert "已锁定" in text
        assert reverse("branches:month-close") not in text
        wanted = {"street": place.committee.pk, "month": "2026-07-01"}
        assert client.post(reverse("branches:month-close"), wanted).status_code in (403, 404)

    def test_a_form_asks_for_the_reason_and_keeps_what_was_typed(self, client, place):
        sign_in(client, "office", place.committee)
        page = reverse("activities:visit-create")
        sent = {
            "organization": place.branch.pk, "kind": "residents", "date": "2026-08-05", "people": "3", "content": "走访",
            "visitors": "王干部", "target": "居民",
        }  # fmt: skip
        sent["token"] = str(uuid.uuid4())  # of the page: the same press, sent again with its reason
        answer = client.post(page, sent)
        text = answer.content.decode()
        assert answer.status_code == 409, text[:3000]
        assert "写明补录原因" in text and 'name="content" value="走访"' in text
        again = client.post(page, sent | {"late_reason": REASON})
        assert again.status_code == 302
        assert marks() == [(place.branch.code, date(2026, 8, 1), "create", REASON)]

    def test_late_entries_are_listed_and_exported(self, client, place, office):
        with closing.with_reason(REASON):
            theme_day(place.branch).record()
        sign_in(client, "branch-secretary", place.branch)
        text = client.get(reverse("ledgers:list", args=["late-entries"]), {"period": "2026-08"}).content.decode()
        assert REASON in text and "补录" in text
        assert client.get(reverse("ledgers:export", args=["late-entries"]), {"period": "2026-08"}).status_code == 200
