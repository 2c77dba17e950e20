import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords import one_time_password

WANG = User(username="wangqiang", name="王强")


@pytest.mark.parametrize("password", ["Abcdef123x", "abcdef-123", "ABCDEF-123", "Abcdef-ghi"])
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
