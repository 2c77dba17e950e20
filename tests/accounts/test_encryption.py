import pickle
from base64 import b64encode

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models
from django.test.utils import isolate_apps

from accounts import encryption
from accounts.encryption import (
    EncryptedTextField,
    Undecryptable,
    blind_index,
    decrypt,
    decrypt_bytes,
    digest,
    encrypt,
    encrypt_bytes,
)
from accounts.roles import Role
from tests.factories import MemberFactory, sign_in, street

OLD, NEW = "11" * 32, "22" * 32
CITIZEN_ID = "990100199001011231"


@pytest.fixture(autouse=True)
def one_key(settings):
    settings.FIELD_KEYS = [OLD]


def test_text_comes_back_and_two_tokens_of_it_differ():
    first, second = encrypt("东风社区 13800000000"), encrypt("东风社区 13800000000")
    assert decrypt(first) == decrypt(second) == "东风社区 13800000000"
    assert first != second
    assert first.startswith("v2:") and first.count(":") == 3


def test_a_token_opens_at_its_own_place_only_and_one_of_before_until_it_is_sealed_anew():
    token = encrypt("abc", "members.member.phone")
    assert decrypt(token) == decrypt(token, "members.member.phone") == "abc"
    with pytest.raises(Undecryptable, match="another column"):
        decrypt(token, "members.member.address")
    with pytest.raises(Undecryptable, match="altered"):
        decrypt(token.replace("member.phone", "member.address"), "members.member.address")
    assert encryption.is_current(token)
    nonce = bytes(12)
    ring = encryption._keyring()
    body = b64encode(nonce + ring.newest.encrypt(nonce, b"abc", ring.newest_id.encode())).decode()
    before = f"v1:{ring.newest_id}:{body}"
    assert decrypt(before, "members.member.phone") == "abc"
    assert not encryption.is_current(before)


def test_after_rotation_old_tokens_open_and_new_ones_carry_the_new_key(settings):
    old_token, old_index = encrypt("abc"), blind_index("abc", "citizen-id")
    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypt(old_token) == "abc"
    assert encrypt("abc").split(":")[1] != old_token.split(":")[1]
    assert blind_index("abc", "citizen-id") == old_index


def test_a_dropped_key_is_named_as_the_reason(settings):
    token = encrypt("abc")
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(Undecryptable, match="no key"):
        decrypt(token)


@pytest.mark.parametrize("at", [5, -6])
def test_an_altered_token_does_not_open(at):
    token = encrypt("abc")
    swapped = "A" if token[at] != "A" else "B"
    with pytest.raises(Undecryptable):
        decrypt(token[:at] + swapped + token[at + 1 or len(token) :])


@pytest.mark.parametrize("token", ["", "plain", "v1:x", "v2:00000000:AAAA", "v1:00000000:不是"])
def test_what_is_no_token_does_not_open(token):
    with pytest.raises(Undecryptable):
        decrypt(token)


def test_bytes_come_back_and_altered_ones_do_not():
    sealed = encrypt_bytes(b"\x00scan")
    assert b"scan" not in sealed
    assert decrypt_bytes(sealed) == b"\x00scan"
    with pytest.raises(Undecryptable):
        decrypt_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(Undecryptable):
        decrypt_bytes(b"plain file")


def test_blind_index_is_stable_separate_by_purpose_and_keyed(settings):
    index = blind_index(CITIZEN_ID, "citizen-id")
    assert len(index) == 32
    assert index == blind_index(CITIZEN_ID, "citizen-id")
    assert index != blind_index(CITIZEN_ID, "phone")
    assert not index.startswith(digest(CITIZEN_ID))
    settings.FIELD_KEYS = [NEW]
    assert index != blind_index(CITIZEN_ID, "citizen-id")


@pytest.mark.parametrize("keys", [[], ["abcd"], ["not hex"]])
def test_unusable_keys_are_refused(settings, keys):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        encrypt("abc")


@pytest.fixture
def secret_model(db):
    with isolate_apps("accounts"):

        class Secret(models.Model):
            id = models.IntegerField(primary_key=True)
            text = EncryptedTextField(null=True)

            class Meta:
                app_label = "accounts"

        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE accounts_secret (id integer PRIMARY KEY, text text)")
        yield Secret


def stored(model):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT text FROM {model._meta.db_table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_the_field_shows_text_and_stores_a_token(secret_model):
    secret_model.objects.create(id=1, text=CITIZEN_ID)
    assert CITIZEN_ID not in stored(secret_model)[0]
    assert decrypt(stored(secret_model)[0]) == CITIZEN_ID
    assert secret_model.objects.values_list("text", flat=True).get() == CITIZEN_ID


def test_empty_and_null_stay_as_they_are(secret_model):
    secret_model.objects.bulk_create([secret_model(id=1, text=""), secret_model(id=2, text=None)])
    assert stored(secret_model) == ["", None]
    assert [row.text for row in secret_model.objects.order_by("id")] == ["", None]


def test_bulk_update_and_update_seal_as_well(secret_model):
    row = secret_model.objects.create(id=1, text="before")
    row.text = "after"
    secret_model.objects.bulk_update([row], ["text"])
    assert decrypt(stored(secret_model)[0]) == "after"
    secret_model.objects.update(text="later")
    assert decrypt(stored(secret_model)[0]) == "later"


@pytest.mark.parametrize("lookup", ["text", "text__contains", "text__in", "text__gt"])
def test_ciphertext_cannot_be_looked_up(secret_model, lookup):
    with pytest.raises(FieldError, match="blind index"):
        secret_model.objects.filter(**{lookup: "x"}).exists()


def test_isnull_can_be_asked(secret_model):
    secret_model.objects.create(id=1, text=None)
    assert secret_model.objects.filter(text__isnull=True).count() == 1


@pytest.mark.django_db
def test_one_row_that_does_not_open_breaks_no_page_and_keeps_its_token(client, text_of, fill_in, caplog):
    place = street()
    member = MemberFactory(branch=place.branch, name="甲某", phone="13900000001")
    index = member.id_number_index
    token = f"v1:{'0' * 8}:{b64encode(b'x' * 40).decode()}"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE members_member SET id_number = %s, phone = %s", [token, token])
    sign_in(client, Role.OFFICE, place.committee)
    encryption._tell.cache_clear()
    assert "（无法解密）" in text_of(client.get("/ledgers/members/"))
    assert "（无法解密）" in text_of(client.get(member.get_absolute_url()))
    assert "members.Member.id_number holds a value that does not open" in caplog.text
    fill_in(f"/members/{member.pk}/edit/", workplace="街道办")
    member.refresh_from_db()
    assert (member.workplace, member.id_number_index) == ("街道办", index)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number, phone FROM members_member")
        assert cursor.fetchone() == (token, token)
    assert pickle.loads(pickle.dumps(member.id_number)).token == token
