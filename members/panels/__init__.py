"""What pages of organisations and members show of each noun."""
