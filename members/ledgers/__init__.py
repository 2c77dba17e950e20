"""Ledgers about people; one module for each concern."""

from .register import MembersLedger

__all__ = ["MembersLedger"]
