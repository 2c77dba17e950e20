"""Assessment schemes: how they are written (`document`, `formulas`), what they read of a street (`readings`, `seen`),
and how a score comes about (`scoring`, without the database; `scores` puts both together).
"""
