"""What the numbers are: crisis folders, places, attacks, reports."""

from features import _threads as _threads
