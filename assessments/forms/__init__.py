"""Forms, each in the module of the noun that it enters."""
