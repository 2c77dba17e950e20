"""The investigation report (调研报告): four sections written from the facts and rules of one organisation in one period."""
