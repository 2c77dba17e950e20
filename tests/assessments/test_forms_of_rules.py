"""What a finding leads to: the form that settles it, filled in, for whoever may use it."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import Role
from activities.models import Activity
from assessments import engine
from assessments.models import Finding
from branches.models import Organization
from ledgers.period import Period
from tests.activities.conftest import press  # noqa: F401 - a fixture
from tests.factories import sign_in

from .factories import hold, make_member

pytestmark = pytest.mark.usefixtures("today", "reserve_cadre", "work_meetings")


def finding_of(rule, organization, member=None, months=()):
    """A finding as the portal writes it; what is in it matters little here."""
    return Finding.objects.create(
        rule=rule,
        kind=Finding.Kind.MISSED,
        organization=organization,
        member=member,
        period="2026Q3",
        detail="缺",
        severity=1,
        months=list(months),
        first_seen=date(2026, 10, 1),
        last_seen=date(2026, 10, 1),
    )


def test_every_form_opens_for_who_may_use_it_and_names_whom_it_is_about(client, street, branch):
    """Whatever a rule offers is there: no dead address, and the organisation or member stands in the form."""
    sign_in(client, Role.OFFICE, street)
    community = Organization.objects.get(code=f"{street.code}C")
    member, offered = make_member(branch), []
    for rule in engine.every_rule():
        place = {"R40": community, "R41": community, "R46": community, "R50": street}.get(rule.code, branch)
        form = rule.form(finding_of(rule.code, place, member))
        if form is None:
            continue
        offered.append(rule.code)
        page = client.get(form.url, follow=True)  # where there is nobody to merge with, the member
        assert page.status_code == 200, f"{rule.code} leads to {form.url}"
        whom = member.name if "member" in form.query or form.args == (member.pk,) else place.name
        assert whom in page.content.decode()
    assert {"R01", "R02", "R03", "R04", "R05", "R06", "R07", "R09", "R12", "R13"} <= set(offered)
    assert {"R40", "R41", "R42", "R46", "R50", "Q01", "Q02", "Q03", "Q04"} <= set(offered)


def test_a_finding_of_a_past_month_is_settled_in_one_visit(client, street, branch, press):  # noqa: F811
    """缺 8月: the form opens in August, on the weekday of the last time; handed in, the month is no longer missing."""
    hold(branch, "theme-day", date(2026, 7, 3), date(2026, 9, 3))
    make_member(branch)
    sign_in(client, Role.OFFICE, street)
    client.get("/findings/", {"period": "2026Q3"})
    found = Finding.objects.get(rule="R05", organization=branch)
    words = client.get(found.get_absolute_url()).content.decode()
    form = engine.get("R05").form(found)
    assert form.url.replace("&", "&amp;") in words
    shown = client.get(form.url).context["form"]
    assert shown.initial["organization"] == branch.pk and shown.initial["kind"] == "theme-day"
    assert shown.initial["date"] == date(2026, 8, 7)  # the first Friday, as the third of July was
    press(form.url, "submit", topic="学习", place="会议室", chair="书记", content="学习", start_time="14:30")
    assert Activity.objects.get(topic="学习").date == date(2026, 8, 7)
    client.get("/findings/", {"period": "2026Q3"})
    found.refresh_from_db()
    assert found.state == Finding.State.CLOSED


def test_a_leader_who_may_not_enter_is_not_offered_the_form(client, street, branch):
    sign_in(client, Role.LEADER, street)
    found = finding_of("R05", branch, months=["2026-08"])
    assert reverse("activities:create") not in client.get(found.get_absolute_url()).content.decode()


def test_a_finding_that_is_closed_offers_no_form(client, street, branch):
    sign_in(client, Role.OFFICE, street)
    found = finding_of("R05", branch, months=["2026-08"])
    Finding.objects.filter(pk=found.pk).update(state="closed", closed_on=date(2026, 10, 2))
    assert reverse("activities:create") not in client.get(found.get_absolute_url()).content.decode()


def test_a_period_that_is_none_is_told_and_breaks_nothing(client, street, text_of):
    sign_in(client, Role.OFFICE, street)
    answer = client.get(reverse("ledgers:list", args=["findings"]), {"of": "x"})
    assert answer.status_code == 400 and "看不懂的时期“x”" in text_of(answer)
    for view in ("print", "export"):  # what no list offers is not there
        assert client.get(reverse(f"ledgers:{view}", args=["findings"]), {"of": "x"}).status_code == 404


def test_the_ledger_says_rule_and_period_in_words(client, street, branch, text_of):
    sign_in(client, Role.OFFICE, street)
    finding_of("R05", branch, months=["2026-08"])
    words = text_of(client.get("/ledgers/findings/?of=2026Q3&on=2026-10-01"))
    assert "主题党日每月至少开展一次" in words and Period.parse("2026Q3").label in words
    assert "R05" not in words
