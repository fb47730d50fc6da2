"""Templates of the written products."""
