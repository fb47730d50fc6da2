"""The outlook: one forecast and all that stands beside it, in three languages and four formats."""
