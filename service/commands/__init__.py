"""The commands, one a file; what is heavy is imported when one runs."""
