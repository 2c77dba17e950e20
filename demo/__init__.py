"""Demo data: streets that exist nowhere."""
