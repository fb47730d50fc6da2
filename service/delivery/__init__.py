"""How a letter reaches its reader: e-mail, signed webhook, folder. Knows no schedule and no store.

Each way takes a `Letter` and returns when the other side has taken it. Otherwise it raises one of
the two errors of `failures.py`: TryLater or Refused.
"""
