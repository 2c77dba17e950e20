"""Pages of how it is judged; one module for each noun."""
