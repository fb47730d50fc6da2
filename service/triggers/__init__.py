"""Triggers: kept, tried on the past, looked at, and what each has said since."""
