"""What pages of organisations, members and activities show of each noun."""
