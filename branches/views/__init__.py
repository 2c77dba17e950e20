"""Pages of the organisation tree: the tree itself, one organisation, its committees."""
