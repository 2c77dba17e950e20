"""Assessment schemes: how they are written, what they read, how a score comes about. Arithmetic without the database,
but for `readings`.
"""
