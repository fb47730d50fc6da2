"""Reading scenario files, so that every error has its line; of JSON, its pointer (RFC 6901)."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import reduce
from operator import getitem
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
    "float_parsing": "is no number; write digits without quotes",
    "too_short": "names too few; name at least {min_length}",
    "too_long": "names too many; name at most {max_length}",
    "literal_error": "is not known here; write {expected}",
    "less_than_equal": "is too much; give at most {le:g}",
    "greater_than_equal": "is too little; give at least {ge:g}",
    "greater_than": "is too little; give more than {gt:g}",
}


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario, the name of its file, and on which line each part stands; JSON has no lines.

    Of a draft, `scenario` holds the sound clauses, `faults` what is wrong with the others, and
    `origins` where in the file a clause stands that moved up because one before it is left out.
    """

    name: str
    scenario: Scenario
    lines: Mapping[Place, int]
    faults: tuple[Finding, ...] = ()
    origins: Mapping[Place, Place] = field(default_factory=dict)

    def finding(self, at: Place, why: str, value: object = None) -> Finding:
        """A finding at a part of the file."""
        return finding_at(self.name, self.lines, self.origin(at), why, value)

    def origin(self, at: Place) -> Place:
        """Where in the file a part of the scenario stands."""
        return (*self.origins.get(at[:2], at[:2]), *at[2:])


def read_scenario(path: Path) -> ScenarioFile:
    """The scenario of a TOML or JSON file. Raises InputError with everything wrong in it."""
    return _sound(read_draft(path))


def parse_toml(text: str, name: str = "scenario") -> ScenarioFile:
    """The scenario of a TOML text. Raises InputError with everything wrong in it."""
    return _sound(_draft_of_toml(text, name))


def parse_json(text: str, name: str = "scenario") -> ScenarioFile:
    """The scenario of a JSON text. Raises InputError with everything wrong in it."""
    return _sound(_draft_of_json(text, name))


def scenario_of(values: Any, name: str, lines: Mapping[Place, int]) -> ScenarioFile:
    """The scenario of a mapping, of JSON without `lines`.

    Raises InputError with everything wrong in it.
    """
    return _sound(_draft(values, name, lines))


def read_draft(path: Path) -> ScenarioFile:
    """What is sound in a TOML or JSON file, with the faults of the rest.

    Raises InputError for a file that is neither.
    """
    if not path.is_file():
        raise InputError(Finding(str(path), "there is no such file; check the path"))
    text = read_text(path)
    draft = _draft_of_json if path.suffix == ".json" else _draft_of_toml
    return draft(text, str(path))


def _sound(draft: ScenarioFile) -> ScenarioFile:
    if draft.faults:
        raise InputError(draft.faults)
    return draft


def _draft_of_toml(text: str, name: str) -> ScenarioFile:
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        why = f"is no TOML from here on ({error}); correct this line"
        raise InputError(Finding(name, why, line)) from None
    return _draft(values, name, lines_of(text))


def _draft_of_json(text: str, name: str) -> ScenarioFile:
    try:
        values = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        why = f"is no JSON from here on ({error}); correct this line"
        raise InputError(Finding(name, why, line)) from None
    return _draft(values, name, {})


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        [(key, _)] = counts.most_common(1)
        raise ValueError(f"the key {key!r} stands twice in one object")
    return found


def _draft(values: Any, name: str, lines: Mapping[Place, int]) -> ScenarioFile:
    try:
        return ScenarioFile(name, Scenario.model_validate(values), lines)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    faults = [_told(name, lines, dict(one)) for one in errors]
    faults.sort(key=lambda finding: finding.line or 0)
    scenario, origins = _sound_part(_pruned(values, [tuple(one["loc"]) for one in errors]))
    return ScenarioFile(name, scenario, lines, tuple(faults), origins)


def _sound_part(values: Any) -> tuple[Scenario, dict[Place, Place]]:
    """The clauses that stand without their faulty keys, and where those that moved up stood."""
    try:
        return Scenario.model_validate(values), {}
    except ValidationError as error:
        faulty = [tuple(one["loc"]) for one in error.errors(include_url=False)]
    kept, origins = _without(values, faulty)
    return Scenario.model_validate(kept), origins


def _pruned(values: Any, faulty: Sequence[Place]) -> Any:
    """The values without the faulty keys of tables."""
    pruned = deepcopy(values)
    for at in faulty:
        named = [n for n, part in enumerate(at) if isinstance(part, str)]
        if named and named[-1] > 0:
            reduce(getitem, at[: named[-1]], pruned).pop(at[named[-1]], None)
    return pruned


def _without(values: Any, faulty: Sequence[Place]) -> tuple[dict[str, Any], dict[Place, Place]]:
    """The clauses without those that hold a faulty part, and where those that moved up stood."""
    kept: dict[str, Any] = {"title": "untitled"}
    origins: dict[Place, Place] = {}
    for key, value in values.items() if isinstance(values, dict) else ():
        wrong = [at[1:] for at in faulty if at[:1] == (key,)]
        if not isinstance(value, list):
            kept |= {} if wrong else {key: value}
        elif () not in wrong:
            left = [at for at in range(len(value)) if not any(one[0] == at for one in wrong)]
            kept[key] = [value[at] for at in left]
            origins |= {(key, new): (key, old) for new, old in enumerate(left)}
    return kept, origins


def finding_at(
    name: str, lines: Mapping[Place, int], at: Place, why: str, value: object = None
) -> Finding:
    """A finding at a part, on the line of the nearest part above it that has one.

    Where there are no lines, as in JSON, the part is told by its pointer.
    """
    line = next((lines[at[:n]] for n in range(len(at), 0, -1) if at[:n] in lines), None)
    shown = shown_part(at) if lines else pointer(at)
    return Finding(name, why, line, shown or None, None if value is None else str(value))


def lines_of(text: str) -> dict[Place, int]:
    """On which line each table and key of a TOML text stands, as far as plain reading finds it."""
    found: dict[Place, int] = {(): 1}
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
    plain = message if kind in ("day", "clause") else message[:1].lower() + message[1:]
    why = WORDS.get(kind, plain).format_map(error.get("ctx", {}))
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


def shown_part(at: Place) -> str:
    """A part as a planner counts: `attacks[1].multiply`."""
    words = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in at]
    return "".join(words).lstrip(".")


def pointer(at: Place) -> str:
    """A part as a JSON pointer: `/attacks/0/multiply`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in at)
