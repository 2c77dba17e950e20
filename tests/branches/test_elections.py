"""Elections: the record with its candidates, its ledgers, its pages."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from accounts.roles import Role
from branches.models import Candidate, Committee, Election, turnout_needed
from ledgers import facts
from ledgers.period import Period
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.branches.life import make_candidate, make_election
from tests.conftest import shown
from tests.factories import MemberFactory, sign_in, superuser

Q3 = Period.parse("2026Q3")
NEW = "/branches/elections/new/?organization=S-1-1"
HELD = {
    "on": "2026-08-10",
    "kind": "term",
    "method": "differential",
    "places": 1,
    "voters": 10,
    "present": 9,
    "issued": 9,
    "collected": 9,
    "valid": 8,
    "document": "和工委〔2026〕8号",
    "candidates-0-name": "周明",
    "candidates-0-post": "secretary",
    "candidates-0-votes": 6,
    "candidates-0-elected": "on",
    "candidates-1-name": "吴兰",
    "candidates-1-votes": 2,
}


def test_it_works(client, town, office, fill_in, text_of):
    member = MemberFactory(branch=town.branch, name="周明")
    response = fill_in(NEW, **HELD)
    election = Election.objects.get()
    assert response.url == election.get_absolute_url()
    assert [(c.name, c.member, c.votes, c.elected) for c in election.candidates.all()] == [
        ("周明", member, 6, True),
        ("吴兰", None, 2, False),
    ]
    words = text_of(client.get(response.url))
    assert "到会达到五分之四" in words and "实到 9 人，到会率 90.0%" in words
    assert "周明 书记 6 当选" in words and "吴兰 不在花名册 委员 2 未当选" in words
    assert "换届选举 ，应到 10 人，实到 9 人" in text_of(client.get("/branches/S-1-1/"))
    assert AuditEntry.objects.filter(model="branches.candidate", action="create").count() == 2
    numbers = facts.of(town.committee, Q3)
    assert (numbers["elections.held"], numbers["elections.elected"]) == (1, 1)


@pytest.mark.parametrize(("voters", "needed"), [(1, 1), (4, 4), (5, 4), (6, 5), (9, 8), (10, 8), (11, 9)])
def test_four_fifths_are_needed(voters, needed):
    assert turnout_needed(voters) == needed


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"present": 11}, "present", "实到人数不能多于应到人数 10"),
        ({"collected": 10}, "collected", "收回选票不能多于发出选票 9"),
        ({"on": "2026-11-24"}, "on", "还没有到日期"),
        ({"on": "2010-06-30"}, "on", "早于成立日期"),
        ({"places": 0}, "places", "至少 1 名"),
        ({"candidates-1-elected": "on"}, "places", "当选的人数多于应选名额"),
    ],
)
def test_what_cannot_be_is_refused(client, town, office, fill_in, today, fields, field, words):
    form = fill_in(NEW, **HELD | fields).context["form"]
    assert words in form.errors[field][0]
    assert not Election.objects.exists()


def test_more_votes_than_ballots_are_refused_at_the_candidate(client, town, office, fill_in, today):
    formset = fill_in(NEW, **HELD | {"candidates-0-votes": 9}).context["formset"]
    assert "得票不能多于有效选票 8" in formset.forms[0].errors["votes"][0]
    assert not Election.objects.exists()


def test_without_candidates_it_is_no_election(client, town, office, fill_in, today):
    bare = {name: value for name, value in HELD.items() if not name.startswith("candidates")}
    assert "请至少填一名候选人" in fill_in(NEW, **bare).context["formset"].non_form_errors()


def test_the_database_refuses_counts_that_grow(town):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_election(town.branch, present=11)


def test_the_committee_begins_with_who_was_elected(client, town, office, fill_in, today):
    election = make_election(town.branch, places=2)
    make_candidate(election, "周明", post="secretary")
    make_candidate(election, "吴兰", post="organization")
    make_candidate(election, "郑强", votes=2, elected=False)
    url = f"/branches/committees/new/?organization=S-1-1&election={election.pk}"
    fill_in(url, number="第三届")
    committee = Committee.objects.get()
    assert committee.start == date(2026, 8, 10)
    assert [(s.post, s.name) for s in committee.seats.all()] == [("secretary", "周明"), ("organization", "吴兰")]
    election.refresh_from_db()
    assert election.committee == committee


def test_an_election_elsewhere_says_nothing_here(client, town, office):
    election = make_election(town.branches[1])
    page = client.get(f"/branches/committees/new/?organization=S-1-1&election={election.pk}")
    assert page.context["form"]["start"].value() is None


def test_of_two_editors_the_second_is_told(client, town, office, today, text_of):
    election = make_election(town.branch)
    make_candidate(election)
    url = f"/branches/elections/{election.pk}/edit/"
    one, other = shown(client.get(url)), shown(client.get(url))
    client.post(url, one | {"candidates-0-votes": 9, "candidates-0-elected": "on"})
    response = client.post(url, other | {"candidates-0-votes": 7, "candidates-0-elected": "on"})
    assert "候选人 委员 周明 9 票当选 委员 周明 7 票当选" in text_of(response)
    assert Candidate.objects.get().votes == 9


def test_pressed_twice_it_is_one_election(client, town, office, today):
    typed = shown(client.get(NEW)) | HELD
    assert client.post(NEW, typed).url == client.post(NEW, typed).url
    assert Election.objects.count() == 1


def test_deleting_takes_the_candidates_along(client, town, office):
    election = make_election(town.branch)
    make_candidate(election)
    assert client.post(f"/branches/elections/{election.pk}/delete/").url == "/branches/S-1-1/"
    assert not Candidate.objects.exists()


def test_who_only_reads_sees_no_buttons(client, town, text_of):
    election = make_election(town.branch)
    make_candidate(election)
    sign_in(client, Role.LEADER, town.committee)
    words = text_of(client.get(election.get_absolute_url()))
    assert "应到" in words and "编辑" not in words
    assert client.get(f"/branches/elections/{election.pk}/edit/").status_code == 404


def test_out_of_scope_is_not_there(client, town, secretary):
    election = make_election(town.branches[2])
    assert client.get(election.get_absolute_url()).status_code == 404
    assert client.get("/branches/elections/new/?organization=S-2-1").status_code == 404


def test_many_candidates_cost_as_much_as_few(client, town, office):
    def cost(number):
        election = make_election(town.branches[number % 3])
        for n in range(number):
            make_candidate(election, f"人{n}", member=MemberFactory(branch=town.branches[number % 3], name=f"人{n}"))
        with CaptureQueriesContext(connection) as queries:
            client.get(election.get_absolute_url())
        return len(queries)

    cost(1)
    assert cost(2) == cost(21)


# ledgers

HEADERS = (
    "组织编码",
    "选举日期",
    "选举类型",
    "选举方式",
    "应选名额",
    "应到人数",
    "实到人数",
    "发出选票",
    "收回选票",
    "有效选票",
)
VOTES = ("组织编码", "选举日期", "姓名", "职务", "得票", "当选")


def test_the_office_imports_elections_and_votes(town):
    user = superuser()
    analysis = take_in(
        "elections",
        user,
        HEADERS,
        ["S-1-1", "2026.8.10", "换届", "差额", 3, 10, 9, 9, 9, 9],
        ["S-1-2", "2026-08-11", "补选", "等额", 1, 10, 11, 9, 9, 9],
    )
    assert messages(analysis) == {3: "实到人数不能多于应到人数 10"}
    member = MemberFactory(branch=town.branch, name="周明")
    analysis = take_in(
        "candidates",
        user,
        VOTES,
        ["S-1-1", "2026-08-10", "周明", "支部书记", 8, "是"],
        ["S-1-1", "2026-08-10", "吴兰", "", 10, ""],
        ["S-1-1", "2026-08-09", "郑强", "", 3, "否"],
    )
    assert messages(analysis) == {
        3: "得票不能多于有效选票 9",
        4: "这个组织这一天没有登记选举，请先登记选举或核对日期",
    }
    candidate = Candidate.objects.get()
    assert (candidate.member, candidate.post, candidate.elected) == (member, "secretary", True)


@pytest.mark.parametrize("slug", ["elections", "candidates"])
def test_what_is_exported_changes_nothing_when_it_comes_back(town, slug):
    election = make_election(town.branch, document="8号", note="补记", kind="by-election")
    twins = MemberFactory.create_batch(2, branch=town.branch, name="周明")
    make_candidate(election, "周明", member=twins[1])
    make_candidate(election, "吴兰", votes=3, elected=False)
    user = superuser()
    analysis = take_in_file(slug, user, export(slug, user))
    assert not messages(analysis)
    assert analysis.counts == {"same": 1 if slug == "elections" else 2}


def test_a_second_import_corrects_the_first(town):
    user = superuser()
    make_candidate(make_election(town.branch), votes=8)
    analysis = take_in("candidates", user, VOTES, ["S-1-1", "2026-08-10", "周明", "委员", 9, "是"])
    assert analysis.counts["changed"] == 1
    assert Candidate.objects.get().votes == 9


def test_the_list_finds_what_was_badly_attended(client, town, office, text_of):
    make_election(town.branch, voters=10, present=8)
    make_election(town.branches[1], voters=10, present=7)
    words = text_of(client.get("/ledgers/elections/?organization=S&period=2026Q3&turnout=short"))
    assert "S-1-2" in words and "S-1-1" not in words


def test_candidates_typed_in_another_order_are_the_same_records(client, town, office, fill_in, today):
    fill_in(NEW, **HELD)
    election = Election.objects.get()
    before = {(c.pk, c.post, c.name, c.votes, c.elected) for c in election.candidates.all()}
    edit = f"{election.get_absolute_url()}edit/"
    turned = {key.replace("-0-", "-x-").replace("-1-", "-0-").replace("-x-", "-1-"): v for key, v in HELD.items()}
    assert fill_in(edit, **turned, **{"candidates-0-post": "member"}).url == election.get_absolute_url()
    assert {(c.pk, c.post, c.name, c.votes, c.elected) for c in election.candidates.all()} == before
