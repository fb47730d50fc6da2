"""What was told and when it became known, and what was answered: SQLite or PostgreSQL.

Nothing is ever overwritten. A row of a crisis has versions, each recorded by an intake; a document
(forecast, projection, scenario, track record) has none, it stays as it was made.
"""
