"""Tasks for processes beside."""

from __future__ import annotations

import os
import time

from features.errors import Finding, InputError, StoreError, TooLittleData
from service.answers import Told


def pid(*, told: Told) -> int:
    told(0.5, "half")
    return os.getpid()


def sleep(seconds: float, *, told: Told) -> None:
    told(0.1, "asleep")
    time.sleep(seconds)


def die(*, told: Told) -> None:
    os._exit(9)


def wrong(kind: str, *, told: Told) -> None:
    raise {
        "input": InputError([Finding("a.csv", "is wrong", 3), Finding("b.csv", "is, too")]),
        "little": TooLittleData("too little"),
        "store": StoreError("no answer"),
        "bug": ZeroDivisionError("by zero"),
    }[kind]
