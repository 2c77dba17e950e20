"""System checks of a deployment: folders that must be written to, and the space left in them."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from .health import FOLDERS, fault_of


@register(deploy=True)
def folders_can_be_written(**kwargs: Any) -> list[CheckMessage]:
    """Say which folder cannot be written to or is nearly full."""
    return [Error(wrong, id="reports.E001") for folder in FOLDERS if (wrong := fault_of(folder))]
