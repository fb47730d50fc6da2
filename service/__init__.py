"""Who asks and how they get it: the command line."""

from features import _threads as _threads
