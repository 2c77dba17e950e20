"""Ledgers of organisations; one module for each concern."""
