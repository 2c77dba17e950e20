"""Sealing everything anew, checking where it lies, and retiring a key that leaked."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import keys
from accounts.encryption import decrypt_bytes, encrypt_bytes
from accounts.models import AuditEntry, KeyFingerprint
from accounts.roles import Role
from activities.models import Concern
from ledgers import papers
from ledgers.models import ImportBatch
from members.models import Member
from tests.factories import MemberFactory, sign_in, street, superuser

OLD, NEW, AUDIT = "11" * 32, "22" * 32, "33" * 32
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def old_key(settings, tmp_path):
    settings.FIELD_KEYS, settings.AUDIT_KEYS, settings.MEDIA_ROOT = [OLD], [AUDIT], str(tmp_path)
    KeyFingerprint.objects.all().delete()
    keys.remember()


@pytest.fixture
def place():
    place = street()
    MemberFactory(branch=place.branch, name="甲某", phone="13900000001", address="东风路1号")
    MemberFactory(branch=place.branch, name="乙某", phone="13900000002", address="东风路2号")
    Concern.objects.create(
        organization=place.branch, received_on=timezone.localdate(), title="路灯", resident="丙某", phone="0571-8888"
    )
    return place


def reencrypt(capsys, **options):
    call_command("reencrypt", **options)
    return json.loads(capsys.readouterr().out)


def tokens(column="id_number"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM members_member ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def people():
    return list(Member.objects.order_by("pk").values_list("name", "id_number", "phone", "address"))


def test_everything_is_sealed_under_the_new_key_and_reads_the_same(place, settings, capsys):
    before, content = people(), papers.store(b"minutes of 2026")
    settings.FIELD_KEYS = [NEW, OLD]
    new_id = keys.key_ids()["field"][0]
    done = reencrypt(capsys)
    assert done == {"values": 2 * 3 + 2, "files": 1, "indexes": 0}
    assert people() == before
    assert papers.content_of(content) == b"minutes of 2026"
    assert all(token.startswith(f"v2:{new_id}:members.member.id_number:") for token in tokens())
    assert AuditEntry.objects.filter(action="reencrypt").count() == 1
    assert reencrypt(capsys) == {"values": 0, "files": 0, "indexes": 0}
    assert Member.objects.with_citizen_id(before[0][1]).get().name == "甲某"


def test_queries_grow_with_the_models_and_not_with_the_rows(place, settings, capsys):
    def counted():
        with CaptureQueriesContext(connection) as held:
            reencrypt(capsys)
        return len(held)

    settings.FIELD_KEYS = [NEW, OLD]
    few = counted()
    for _ in range(6):
        MemberFactory(branch=place.branch, phone="13900000003", address="东风路3号")
    settings.FIELD_KEYS = ["44" * 32, NEW, OLD]
    assert counted() <= few


def test_a_leaked_key_is_retired_and_people_are_still_found(place, settings, capsys, client):
    before = people()
    settings.FIELD_KEYS = [NEW, OLD]
    keys.remember()
    done = reencrypt(capsys, retire=True)
    assert done["indexes"] == 2 * 2 + 1
    settings.FIELD_KEYS = [NEW]
    assert keys.fault() == ""
    assert people() == before
    assert Member.objects.with_citizen_id(before[1][1]).get().name == "乙某"
    sign_in(client, Role.OFFICE, place.committee)
    assert "路灯" in client.get("/ledgers/concerns/?phone=05718888").content.decode()
    call_command("verify_audit")
    settings.FIELD_KEYS = [OLD]
    assert "不是这个数据库用的密钥" in keys.fault()


def test_keys_of_the_trail_are_written_down_before_a_key_is_retired(place, settings, capsys):
    settings.FIELD_KEYS, settings.AUDIT_KEYS = [NEW, OLD], []
    with pytest.raises(CommandError, match="reencrypt --audit-keys"):
        call_command("reencrypt", retire=True)
    call_command("reencrypt", audit_keys=True)
    name, value = capsys.readouterr().out.strip().split("=")
    derived = keys.key_ids()["audit"]
    settings.AUDIT_KEYS = value.split(",")
    assert (name, keys.key_ids()["audit"]) == ("AUDIT_KEYS", derived)


def test_a_value_moved_to_another_column_or_row_is_told_and_keeps_the_old_key(place, settings, capsys):
    first, second = Member.objects.order_by("pk")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE members_member SET address = phone WHERE id = %s", [first.pk])
        cursor.execute("UPDATE members_member SET id_number = %s WHERE id = %s", [tokens()[0], second.pk])
    assert Member.objects.get(pk=first.pk).address == "（无法解密）"
    settings.FIELD_KEYS = [NEW, OLD]
    for options in ({"check": True}, {"retire": True}):
        held = tokens()
        with pytest.raises(CommandError) as told:
            call_command("reencrypt", **options)
        assert f"党员 {first.pk} 的“家庭住址” 打不开" in str(told.value)
        assert f"党员 {second.pk} 的“身份证号” 与检索码不符" in str(told.value)
        assert tokens() == held
    assert KeyFingerprint.objects.filter(purpose="index").count() == 1


def test_a_file_that_no_key_opens_is_named_and_left(place, settings, tmp_path, capsys):
    settings.FIELD_KEYS = ["55" * 32]
    stray = tmp_path / "attachments" / "stray"
    stray.parent.mkdir()
    stray.write_bytes(sealed := encrypt_bytes(b"x"))
    settings.FIELD_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="文件 stray 打不开"):
        call_command("reencrypt")
    assert stray.read_bytes() == sealed


def test_a_kept_upload_that_no_key_opens_is_named_and_left(place, settings, capsys):
    settings.FIELD_KEYS = ["55" * 32]
    batch = ImportBatch.objects.create(
        ledger="members", user=superuser(), filename="表.xlsx", content=encrypt_bytes(b"x")
    )
    settings.FIELD_KEYS = [NEW, OLD]
    for options in ({}, {"retire": True}):
        with pytest.raises(CommandError, match=f"导入批次 {batch.pk} 的“文件（加密）” 打不开"):
            call_command("reencrypt", **options)
    settings.FIELD_KEYS = ["55" * 32]
    assert decrypt_bytes(bytes(ImportBatch.objects.get().content)) == b"x"
