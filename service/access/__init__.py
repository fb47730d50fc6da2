"""Who may do what, what each audience is told, and who asked for what."""
