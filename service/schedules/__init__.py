"""Schedules: when an outlook is due, who gets it, who let it out, and what became of it."""
