"""What pages of organisations show of each noun."""
