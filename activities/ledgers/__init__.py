"""Ledgers of what was done; one module for each concern."""
