"""What is asked: run, backtest, score."""

from features import _threads as _threads
