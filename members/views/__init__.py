"""Pages about people; one module for each concern."""
