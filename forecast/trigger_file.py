"""Reading trigger files, so that every error has its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from features.tables import read_text
from forecast.scenario_file import WORDS, Place, finding_at, lines_of
from forecast.trigger import Trigger

LONGEST = 80
OWN_WORDS = {
    "less_than": "is too much; give less than {lt:g}",
    "string_too_long": "is too long; write at most {max_length} characters",
    "string_pattern_mismatch": "is blank or holds control characters; write plain text",
}


@dataclass(frozen=True)
class TriggerFile:
    """A trigger, the name of its file, and on which line each key stands."""

    name: str
    trigger: Trigger
    lines: Mapping[Place, int]

    def finding(self, key: str, why: str, value: object = None) -> Finding:
        """A finding at a key of the file."""
        return finding_at(self.name, self.lines, (key,), why, value)


def read_trigger(path: Path) -> TriggerFile:
    """The trigger of a TOML file. Raises InputError with everything wrong in it."""
    if not path.is_file():
        raise InputError(Finding(str(path), "there is no such file; check the path"))
    return parse_trigger(read_text(path), str(path))


def parse_trigger(text: str, name: str = "trigger") -> TriggerFile:
    """The trigger of a TOML text. Raises InputError with everything wrong in it."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        why = f"is no TOML from here on ({error}); correct this line"
        raise InputError(Finding(name, why, line)) from None
    return trigger_of(values, name, lines_of(text))


def trigger_of(values: Any, name: str, lines: Mapping[Place, int]) -> TriggerFile:
    """The trigger of a mapping, of JSON without `lines`.

    Raises InputError with everything wrong in it.
    """
    try:
        return TriggerFile(name, Trigger.model_validate(values), lines)
    except ValidationError as error:
        wrong = [_told(name, lines, dict(one)) for one in error.errors(include_url=False)]
        raise InputError(sorted(wrong, key=lambda finding: finding.line or 0)) from None


def _told(name: str, lines: Mapping[Place, int], error: Mapping[str, Any]) -> Finding:
    at, kind, message = tuple(error["loc"]), error["type"], str(error["msg"])
    if kind == "extra_forbidden":
        keys = list(Trigger.model_fields)
        why = f"no such key{did_you_mean(str(at[-1]), keys)}; known are {listed(keys)}"
        return finding_at(name, lines, at, why)
    value = None if kind == "missing" or not at else str(error["input"])[:LONGEST]
    words = (WORDS | OWN_WORDS).get(kind, message[:1].lower() + message[1:])
    return finding_at(name, lines, at, words.format_map(error.get("ctx", {})), value)
