"""Conflicts of the agent-based simulator Flee as crisis folders."""
