"""Reading scenario files, so that every error has its line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from features.tables import read_text
from forecast.scenario import Scenario

Place = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*=""")
WORDS = {
    "missing": "is missing; add it",
    "float_type": "is no number; write digits without quotes",
    "int_type": "is no whole number; write digits without quotes",
    "string_type": "is no text; put it in quotes",
    "bool_type": "is neither true nor false",
    "tuple_type": 'is no list; write a table as [[…]] and texts as ["…", "…"]',
    "model_type": "is no table; write it as […] with keys under it",
    "finite_number": "is no finite number",
    "string_too_short": "is blank; fill it in",
    "too_short": "is an empty list; name at least one",
}


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario, the name of its file, and on which line each of its parts stands."""

    name: str
    scenario: Scenario
    lines: Mapping[Place, int]

    def finding(self, at: Place, why: str, value: object = None) -> Finding:
        """A finding at a part of the file."""
        return finding_at(self.name, self.lines, at, why, value)


def read_scenario(path: Path) -> ScenarioFile:
    """The scenario of a TOML or JSON file. Raises InputError with everything wrong in it."""
    if not path.is_file():
        raise InputError(Finding(str(path), "there is no such file; check the path"))
    text = read_text(path)
    return parse_json(text, str(path)) if path.suffix == ".json" else parse_toml(text, str(path))


def parse_toml(text: str, name: str = "scenario") -> ScenarioFile:
    """The scenario of a TOML text. Raises InputError with everything wrong in it."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        why = f"is no TOML from here on ({error}); correct this line"
        raise InputError(Finding(name, why, line)) from None
    return scenario_of(values, name, lines_of(text))


def parse_json(text: str, name: str = "scenario") -> ScenarioFile:
    """The scenario of a JSON text. Raises InputError with everything wrong in it."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        why = f"is no JSON from here on ({error}); correct this line"
        raise InputError(Finding(name, why, line)) from None
    return scenario_of(values, name, {})


def scenario_of(values: Any, name: str, lines: Mapping[Place, int]) -> ScenarioFile:
    """The scenario of a mapping. Raises InputError with everything wrong in it."""
    try:
        return ScenarioFile(name, Scenario.model_validate(values), lines)
    except ValidationError as error:
        found = [_told(name, lines, dict(one)) for one in error.errors(include_url=False)]
        raise InputError(sorted(found, key=lambda finding: finding.line or 0)) from None


def finding_at(
    name: str, lines: Mapping[Place, int], at: Place, why: str, value: object = None
) -> Finding:
    """A finding at a part, on the line of the nearest part above it that has one."""
    line = next((lines[at[:n]] for n in range(len(at), 0, -1) if at[:n] in lines), None)
    return Finding(name, why, line, _shown(at) or None, None if value is None else str(value))


def lines_of(text: str) -> dict[Place, int]:
    """On which line each table and key of a TOML text stands, as far as plain reading finds it."""
    found: dict[Place, int] = {}
    counts: dict[str, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _table(header[2].replace('"', ""), header[1] == "[[", counts)
            found.setdefault(table, number)
            found.setdefault(table[:1], number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
    return found


def _table(name: str, many: bool, counts: dict[str, int]) -> Place:
    first, *rest = name.split(".")
    if many:
        counts[name] = counts.get(name, 0) + 1
    at = (counts[first] - 1,) if first in counts else ()
    return (first, *at, *rest)


def _told(name: str, lines: Mapping[Place, int], error: Mapping[str, Any]) -> Finding:
    at, kind, value = tuple(error["loc"]), error["type"], error["input"]
    if kind == "extra_forbidden":
        keys = _keys_at(at[:-1])
        why = f"no such key{did_you_mean(str(at[-1]), keys)}; known are {listed(keys)}"
        return finding_at(name, lines, at, why)
    if kind in ("missing", "model_type", "clause", "too_short", "tuple_type"):
        value = None
    message = str(error["msg"])
    why = WORDS.get(kind, message[:1].lower() + message[1:] if kind not in ("day",) else message)
    return finding_at(name, lines, at, why, value)


def _keys_at(at: Sequence[str | int]) -> list[str]:
    """The keys that a table may have."""
    model: type[BaseModel] = Scenario
    for part in at:
        if isinstance(part, str):
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            model = _model_in(fields[part].annotation)
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel]:
    inside = [annotation, *get_args(annotation)]
    return next(one for one in inside if isinstance(one, type) and issubclass(one, BaseModel))


def _shown(at: Place) -> str:
    words = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in at]
    return "".join(words).lstrip(".")
