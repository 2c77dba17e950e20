import hashlib
import importlib
import json
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts import audit
from accounts.acting import acting_as, current_actor, current_address
from accounts.audit import BrokenChain, Event, record_many, verify
from accounts.models import AppendOnly, AuditEntry, AuditHead
from accounts.roles import Role
from accounts.transactions import atomic
from tests.accounts.factories import make_posted, make_user

pytestmark = pytest.mark.django_db
TABLE = "accounts_auditentry"


def tamper(sql, *params):
    """Change the trail behind Django's back, as somebody at the database would."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {TABLE} DISABLE TRIGGER USER")
        cursor.execute(sql, params)
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")


def write(count):
    record_many([Event(action="create", label=f"第 {n} 个") for n in range(1, count + 1)])
    return list(AuditEntry.objects.order_by("seq"))


def record(action, *args, **kwargs):
    audit.record(action, *args, **kwargs)
    return AuditEntry.objects.order_by("seq").last()


def test_an_entry_says_who_did_what_from_where(tree):
    user = make_posted(tree["S1"], Role.OFFICE, username="li")
    with acting_as(user, "10.0.0.9"):
        entry = record("change", tree["C1"], changes={"name": ("东风", "东风社区")})
    entry = AuditEntry.objects.get(pk=entry.pk)
    assert (entry.actor, entry.actor_name, entry.address) == (user, "li（li）", "10.0.0.9")
    assert (entry.action_label, entry.model, entry.object_id) == ("修改", "branches.organization", str(tree["C1"].pk))
    assert entry.label == "东风社区"
    assert entry.changes == {"name": ["东风", "东风社区"]}
    assert entry.organization_path == tree["S1"].path


def test_the_actor_is_forgotten_after_the_block():
    with acting_as(make_user(), "10.0.0.9"):
        assert current_actor().username == "li"
    assert current_actor() is None
    assert current_address() == ""


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written():
    with pytest.raises(transaction.TransactionManagementError):
        record("create")
    assert AuditEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_with_its_change_when_that_is_rolled_back():
    with pytest.raises(RuntimeError), transaction.atomic():
        record("create", label="一")
        raise RuntimeError
    with transaction.atomic():
        record("create", label="二")
    assert [(e.seq, e.label) for e in AuditEntry.objects.all()] == [(1, "二")]
    assert verify() == 1


def test_sensitive_values_are_kept_as_digests_that_show_whether_they_changed():
    same = record("change", changes={"phone": ("13900000001", "13900000001")}, sensitive={"phone"}).changes["phone"]
    other = record("change", changes={"phone": ("", "13900000002")}, sensitive={"phone"}).changes["phone"]
    assert same[0] == same[1] != other[1]
    assert other[0] == ""
    assert "139000" not in json.dumps([same, other])


def test_values_of_every_kind_survive_the_database():
    values = [None, "", True, 3, 2.5, Decimal("1.10"), date(2026, 7, 1), "带\0零", "半个\ud800", Role.OFFICE]
    record("change", changes={str(n): (None, value) for n, value in enumerate(values)})
    stored = AuditEntry.objects.get().changes
    assert [stored[str(n)][1] for n in range(4)] == [None, "", True, 3]
    assert [stored[str(n)][1] for n in range(4, 7)] == ["2.5", "1.10", "2026-07-01"]
    assert verify() == 1


def test_many_entries_take_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(35):
        record_many([Event(action="create", label=f"第 {n} 个") for n in range(2000)])
    assert verify() == 2000


def test_an_empty_trail_is_whole():
    assert verify() == 0


def broken(seq):
    with pytest.raises(BrokenChain) as caught:
        verify()
    assert caught.value.seq == seq
    return caught.value.reason


@pytest.mark.parametrize("column", ["label", "actor_name", "address", "action", "organization_path", "object_id"])
def test_an_edited_entry_is_named(column):
    write(5)
    tamper(f"UPDATE {TABLE} SET {column} = 'x' WHERE seq = 3")
    assert "被改动" in broken(3)


def test_edited_changes_are_named():
    record("change", changes={"name": ("甲", "乙")})
    tamper(f"UPDATE {TABLE} SET changes = %s WHERE seq = 1", json.dumps({"name": ["甲", "丙"]}))
    broken(1)


def test_an_edit_with_a_recomputed_digest_is_noticed_at_the_next_entry():
    entries = write(5)
    entry = entries[2]
    entry.label = "另一个"
    tamper(
        f"UPDATE {TABLE} SET label = %s, digest = %s WHERE seq = 3", entry.label, entry.digest_after(entries[1].digest)
    )
    broken(4)


def resigned(entry, previous):
    """What somebody without the keys would write for a digest."""
    return hashlib.sha256((previous + entry.label).encode()).hexdigest()


def test_a_trail_that_is_written_anew_without_the_key_is_noticed():
    entries = write(3)
    previous = "0" * 64
    for entry in entries:
        entry.label, digest = "另一个", resigned(entry, previous)
        tamper(f"UPDATE {TABLE} SET label = %s, digest = %s WHERE seq = %s", entry.label, digest, entry.seq)
        previous = digest
    AuditHead.objects.update(digest=previous)
    broken(1)


def test_a_head_put_back_over_a_cut_tail_is_noticed():
    entries = write(5)
    tamper(f"DELETE FROM {TABLE} WHERE seq > 3")
    AuditHead.objects.update(count=3, digest=entries[2].digest)
    assert "末端" in broken(3)


def test_nothing_on_record_of_a_portal_in_use_is_noticed(tree):
    tamper(f"DELETE FROM {TABLE}")
    AuditHead.objects.all().delete()
    assert "没有任何审计记录" in broken(1)


def test_a_new_key_signs_and_the_old_one_still_verifies(settings):
    old, new = "a" * 64, "b" * 64
    settings.AUDIT_KEYS = [old]
    write(2)
    settings.AUDIT_KEYS = [new, old]
    write(2)
    assert verify() == 4
    assert len(set(AuditEntry.objects.values_list("key", flat=True))) == 2
    settings.AUDIT_KEYS = [new]
    broken(1)


def test_an_anchor_from_before_shows_a_trail_that_was_cut_and_written_on(tmp_path, capsys, settings):
    write(3)
    kept = tmp_path / "anchor.json"
    call_command("export_anchor", str(kept))
    write(2)
    call_command("verify_audit", anchor=str(kept))
    tamper(f"DELETE FROM {TABLE}")
    AuditHead.objects.all().delete()
    write(6)  # with the keys in hand the chain is whole again
    assert verify() == 6
    with pytest.raises(CommandError, match="第 3 条"):
        call_command("verify_audit", anchor=str(kept))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seq": "x"}'])
def test_a_file_that_is_no_anchor_is_refused_in_one_line(tmp_path, text):
    file = tmp_path / "anchor.json"
    file.write_text(text)
    with pytest.raises(CommandError, match="不是 export_anchor 导出的文件"):
        call_command("verify_audit", anchor=str(file))


def test_what_an_inner_transaction_took_back_is_not_on_record(db):
    with atomic():
        audit.record("create", label="外")
        with suppress(RuntimeError), atomic():
            audit.record("create", label="内")
            raise RuntimeError
        assert AuditEntry.objects.count() == 0  # written last
    assert list(AuditEntry.objects.values_list("label", flat=True)) == ["外"]


def test_what_is_rolled_back_as_a_whole_is_not_on_record(db):
    with atomic():
        audit.record("create")
        transaction.set_rollback(True)
    with suppress(RuntimeError), atomic():
        audit.record("create")
        raise RuntimeError
    with atomic():
        audit.record("create", label="后来")
    assert list(AuditEntry.objects.values_list("label", flat=True)) == ["后来"]


def test_an_edit_of_the_last_entry_with_a_recomputed_digest_is_noticed():
    entries = write(3)
    entry = entries[2]
    entry.label = "另一个"
    tamper(
        f"UPDATE {TABLE} SET label = %s, digest = %s WHERE seq = 3", entry.label, entry.digest_after(entries[1].digest)
    )
    broken(3)


@pytest.mark.parametrize("seq", [1, 3])
def test_a_deleted_entry_is_named(seq):
    write(5)
    tamper(f"DELETE FROM {TABLE} WHERE seq = %s", seq)
    assert "缺失" in broken(seq)


@pytest.mark.parametrize(("cut_from", "named"), [(4, 4), (1, 1)])
def test_a_cut_tail_is_named(cut_from, named):
    write(5)
    tamper(f"DELETE FROM {TABLE} WHERE seq >= %s", cut_from)
    assert "缺失" in broken(named)


def forged(seq, previous):
    source = AuditEntry.objects.order_by("seq").last()
    source.pk, source.seq = None, seq
    source.digest = source.digest_after(previous)
    AuditEntry.objects.bulk_create([source])


def test_an_added_entry_is_named():
    last = write(3)[-1]
    forged(4, last.digest)
    assert "多出" in broken(4)


def test_an_entry_put_in_front_is_named():
    write(3)
    forged(0, "0" * 64)
    assert "多出" in broken(0)


def test_a_missing_head_does_not_hide_entries():
    write(3)
    AuditHead.objects.all().delete()
    broken(1)


def test_the_model_refuses_change_and_deletion():
    entry = write(1)[0]
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(label="x"),
        lambda: AuditEntry.objects.create(seq=9),
    ):
        with pytest.raises(AppendOnly):
            attempt()
    assert verify() == 1


@pytest.mark.parametrize("sql", [f"UPDATE {TABLE} SET label = 'x'", f"DELETE FROM {TABLE}"])
def test_the_database_refuses_change_and_deletion(sql):
    triggers = importlib.import_module("accounts.migrations.0003_audit_triggers")
    write(1)
    if connection.vendor == "sqlite":  # under test SQLite goes without, so that tests can be emptied
        with connection.cursor() as cursor:
            for statement in triggers.SQLITE:
                cursor.execute(statement)
    with pytest.raises(DatabaseError, match="只能追加"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert verify() == 1


def test_verify_audit_prints_only_json(capsys):
    write(3)
    call_command("verify_audit")
    assert json.loads(capsys.readouterr().out) == {"entries": 3}


def test_verify_audit_names_the_first_broken_entry_in_one_line():
    write(5)
    tamper(f"UPDATE {TABLE} SET label = 'x' WHERE seq IN (2, 4)")
    with pytest.raises(CommandError) as caught:
        call_command("verify_audit")
    assert "第 2 条" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_action_is_shown_by_its_code():
    assert record("polish").action_label == "polish"


def test_auditors_read_what_is_theirs_and_what_is_nobodys(tree):
    for path in (tree["C1"].path, tree["S2"].path, ""):
        audit.record("create", label=path or "nobody", organization_path=path)
    seen = AuditEntry.objects.visible_to(make_posted(tree["S1"], Role.AUDITOR))
    assert {entry.label for entry in seen} == {tree["C1"].path, "nobody"}
    assert not AuditEntry.objects.visible_to(make_posted(tree["S1"], Role.OFFICE)).exists()
