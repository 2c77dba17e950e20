import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts import passwords
from accounts.models import User
from accounts.passwords import one_time_password
from accounts.roles import Role
from tests.accounts.factories import make_posted

WANG = User(username="wangqiang", name="王强")


@pytest.mark.parametrize(
    "password", ["Blueha123x", "blueha-123", "BLUEHA-123", "Blueha-abc", "Abcd-9x1234", "Aaa-bbb-111"]
)
def test_ten_characters_of_three_kinds_are_enough(password):
    validate_password(password, WANG)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Abcde123x", "password_too_short"),
        ("abcdefg1234", "password_too_simple"),
        ("abcdefghij", "password_too_simple"),
        ("WangQiang-2026", "password_has_name"),
        ("x-WANGQIANG-9", "password_has_name"),
        ("Aa1-王强-2026", "password_has_name"),
        ("Password-1", "password_obvious"),
        ("P@ssw0rd-77", "password_obvious"),
        ("Dangjian2026", "password_obvious"),
        ("x-D4ngJi@n-9", "password_obvious"),
        ("Qwer1234!@", "password_obvious"),
        ("Blue-12345", "password_sequence"),
        ("Blue-9-edcba", "password_sequence"),
        ("9-Blue-Asdfg", "password_sequence"),
        ("Blue-9-1111", "password_sequence"),
    ],
)
def test_what_breaks_the_policy_is_refused_with_its_reason(password, code):
    with pytest.raises(ValidationError) as caught:
        validate_password(password, WANG)
    assert code in [error.code for error in caught.value.error_list]


def test_pinyin_of_the_name_counts_under_another_username():
    with pytest.raises(ValidationError, match="拼音"):
        validate_password("Wangqiang-2026", User(username="office01", name="王强"))


def test_one_time_passwords_meet_the_policy_and_differ():
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        validate_password(password, WANG)
        assert not set(password) & set("0O1lI")


def test_a_one_time_password_that_the_policy_would_refuse_is_drawn_again(monkeypatch):
    drawn = iter("2EtmdDdD9sRL" + "abcdefghijkm" + "2EtmdDeD9sRL")
    monkeypatch.setattr(passwords.secrets, "choice", lambda alphabet: next(drawn))
    assert one_time_password() == "2EtmdDeD9sRL"


@pytest.mark.django_db
def test_the_place_where_somebody_works_is_no_password(tree):
    user = make_posted(tree["S1"], Role.OFFICE)
    with pytest.raises(ValidationError, match="所在街道"):
        validate_password("Heping-2026", user)
    validate_password("Heping-2026", make_posted(tree["S2"], Role.OFFICE))
