import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.audit import Event, record, record_many
from accounts.models import AuditEntry, AuditHead
from accounts.roles import Role
from tests.accounts.factories import make_posted


@pytest.fixture
def auditor(client, tree):
    """A browser in which an auditor of the first street is signed in."""
    client.force_login(make_posted(tree["S1"], Role.AUDITOR, username="auditor", start="2020-01-01"))
    return client


def labels(response):
    return [entry.label for entry in response.context["page"]]


def test_it_works(auditor, tree):
    record("change", tree["C1"], changes={"name": ("东风", "东风社区")}, organization_path=tree["C1"].path)
    page = auditor.get(reverse("accounts:audit")).content.decode()
    for text in ("修改", "东风社区", "东风", "1 项"):
        assert text in page


def test_another_streets_entries_are_not_shown(auditor, tree):
    record("create", label="别处", organization_path=tree["S2"].path)
    assert "别处" not in labels(auditor.get(reverse("accounts:audit")))


def test_filters_narrow_and_combine(auditor, tree):
    record("create", label="甲支部", organization_path=tree["C1"].path)
    record("delete", label="乙支部", organization_path=tree["C1"].path)
    ask = lambda **query: labels(auditor.get(reverse("accounts:audit"), query))  # noqa: E731
    assert ask(action="delete") == ["乙支部"]
    assert ask(object="甲") == ["甲支部"]
    assert ask(action="delete", object="甲") == []
    assert ask(actor="auditor") == ["auditor"]


def test_the_last_day_of_a_filter_counts_in_shanghai_time(auditor, tree):
    record("create", label="今天", organization_path=tree["C1"].path)
    today = timezone.localdate()
    yesterday, tomorrow = (today + timezone.timedelta(days=n) for n in (-1, 1))
    ask = lambda **query: labels(auditor.get(reverse("accounts:audit"), query))  # noqa: E731
    assert "今天" in ask(since=today, until=today)
    assert "今天" not in ask(until=yesterday)
    assert "今天" not in ask(since=tomorrow)


def test_a_wrong_date_is_pointed_out(auditor):
    assert "从：" in auditor.get(reverse("accounts:audit"), {"since": "昨天"}).content.decode()


def test_fifty_to_a_page(auditor, tree):
    record_many(Event(action="create", label=str(n), organization_path=tree["C1"].path) for n in range(60))
    first = auditor.get(reverse("accounts:audit"), {"action": "create"})
    assert labels(first)[0] == "59"
    assert len(labels(first)) == 50
    assert "action=create&amp;page=2" in first.content.decode()
    assert len(labels(auditor.get(reverse("accounts:audit"), {"action": "create", "page": 2}))) == 10


def test_the_button_says_that_the_chain_is_whole(auditor):
    response = auditor.post(reverse("accounts:verify-audit"), follow=True)
    assert f"审计链完整，共 {AuditEntry.objects.count()} 条记录" in response.content.decode()


def test_the_button_names_the_first_broken_entry(auditor):
    record_many(Event(action="create", label=str(n)) for n in range(3))
    AuditHead.objects.update(count=2)
    response = auditor.post(reverse("accounts:verify-audit"), follow=True)
    assert "审计记录第 3 条" in response.content.decode()


def test_verifying_takes_a_post(auditor):
    assert auditor.get(reverse("accounts:verify-audit")).status_code == 405
