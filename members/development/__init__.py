"""发展党员: the procedure, its forms, its import, and what is due next for whom."""
