"""How a series behaves: one model a file, three protocols in `base`."""

from features import _threads as _threads
