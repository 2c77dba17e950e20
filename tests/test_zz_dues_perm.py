import tests.test_permissions as t, pytest
from tests.test_permissions import *
_all = t.patterns
@pytest.fixture(autouse=True)
def mine(monkeypatch):
    monkeypatch.setattr(t, "patterns", lambda *a: (x for x in _all(*a) if x[0].startswith("members:dues")))
