"""Ready schemes that an office can take over and change."""

from collections.abc import Mapping
from importlib.resources import files

from ..document import Document, load

TITLES: Mapping[str, str] = {
    "branch-monthly": "党支部月度考核",
    "branch-quarterly": "党支部季度考核",
    "community-quarterly": "社区党建季度考核",
    "community-annual": "社区党建年度考核",
}
"""Name of the file → what it is called, in the order in which they are offered."""


def ready_scheme(name: str) -> Document:
    """Return a ready scheme."""
    return load(files(__name__).joinpath(f"{name}.json").read_bytes())
