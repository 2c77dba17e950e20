"""The rules of the rulebook, each a declaration that registers itself."""
