import pytest

from tests.accounts.factories import make_tree


@pytest.fixture
def tree(db):
    return make_tree()


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
