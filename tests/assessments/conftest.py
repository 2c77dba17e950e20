import pytest

from tests.assessments.factories import make_branch, make_street


@pytest.fixture
def street(db):
    return make_street()


@pytest.fixture
def branch(street):
    return make_branch(street)
