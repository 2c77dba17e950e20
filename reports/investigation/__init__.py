"""The investigation report (调研报告): four sections written from one organisation's facts and broken rules."""
