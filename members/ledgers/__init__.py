"""Ledgers about people; one module for each concern."""
