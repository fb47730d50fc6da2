"""`crisis.toml`: what a crisis is called, what it speaks of, on whose scale."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.disclosure import read_disclosure
from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from features.tables import read_text

FILE = "crisis.toml"
KEYS = (
    "id",
    "title",
    "focus",
    "border_belt",
    "family_size",
    "family_size_source",
    "repeat_factor",
    "repeat_factor_source",
    "reference",
)
TABLES = {"reference": ("source",), "drivers": ("attacks",)}
FREE_TABLES = ("models", "disclosure")
REST = "rest"
FLOW_STATE = ("cells", "drivers", "event_triggered")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Facts:
    """The facts of a `crisis.toml`; what could not be read is blank, with a finding.

    `attack_source` is None when none is named.
    """

    id: str
    title: str
    focus: str
    border_belt: tuple[str, ...]
    reference: str
    attack_source: str | None
    family_size: float
    family_size_source: str
    repeat_factor: float
    repeat_factor_source: str
    models: Mapping[str, Any]
    disclosure: Mapping[str, Any]


@dataclass
class FactsFile:
    """A parsed `crisis.toml`; its readers note what is wrong and give a blank instead."""

    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True

    def flag(self, key: str, why: str, value: object = None) -> None:
        """Note a finding at a key, written `table.key` inside a table."""
        shown = None if value is None else str(value)
        self.findings.append(Finding(FILE, why, _line(self.text, key), key, shown))

    def read_text(self, key: str, *, blank: bool = False) -> str:
        """The text at a key, stripped."""
        value = self._get(key, str, "a text in quotes")
        if isinstance(value, str) and not value.strip() and not blank:
            self.flag(key, "is blank; fill it in", value)
        return value.strip() if isinstance(value, str) else ""

    def read_factor(self, key: str) -> float:
        """The number at a key, 1 or above."""
        value = self._get(key, (int, float), "a number")
        if value is None:
            return math.nan
        if not 1 <= value <= 1e6:
            self.flag(key, "is no number from 1 on; correct it", value)
        return float(value)

    def read_texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at a key: at least one, none twice."""
        value = self._get(key, list, 'a list of texts, ["…", "…"]')
        texts = tuple(text for text in value or () if isinstance(text, str) and text)
        if value is not None and (not value or len(texts) < len(value)):
            self.flag(key, "is no list of texts, at least one; correct it", value)
        for text in sorted({text for text in texts if texts.count(text) > 1}):
            self.flag(key, "is listed twice and would count twice; take one out", text)
        return texts

    def read_table(self, key: str) -> dict[str, Any]:
        """The table at a key, empty when the file has none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.flag(key, f"is no table; write it as [{key}]", value)
            return {}
        return value

    def check_keys(self, keys: Iterable[str], known: Iterable[str], table: str = "") -> None:
        """Note the keys that are not known."""
        known = list(known)
        for key in keys:
            if key not in known:
                why = f"no such key{did_you_mean(key, known)}; known are {listed(known)}"
                self.flag(f"{table}.{key}" if table else key, why)

    def _get(self, key: str, kind: type | tuple[type, ...], shown: str) -> Any:
        table, _, name = key.rpartition(".")
        values = self.values.get(table) if table else self.values
        if values is not None and not isinstance(values, dict):
            return None
        if values is None or name not in values:
            self.flag(key, f"is missing; add {shown}" + (f" under [{table}]" if table else ""))
            return None
        value = values[name]
        if not isinstance(value, kind) or isinstance(value, bool):
            self.flag(key, f"is not {shown}; correct it", value)
            return None
        return value


def read_facts(path: Path) -> FactsFile:
    """The `crisis.toml` at `path`, parsed; nothing is raised for what it holds."""
    try:
        return parse_facts(read_text(path))
    except FileNotFoundError:
        missing = Finding(path.name, "the file is missing; add it to the folder")
        return FactsFile(findings=[missing], readable=False)
    except InputError as error:
        return FactsFile(findings=error.findings, readable=False)


def parse_facts(text: str) -> FactsFile:
    """The text of a `crisis.toml`, parsed; it is not readable when it is no TOML."""
    try:
        return FactsFile(text, tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        why = f"is no TOML from here on ({error}); correct this line"
        return FactsFile(text, findings=[Finding(FILE, why, line)], readable=False)


def check_facts(file: FactsFile) -> Facts:
    """The facts of a `crisis.toml`; in the file is every finding that needs no other file."""
    if not file.readable:
        return _blank()
    file.check_keys(file.values, (*KEYS, "drivers", *FREE_TABLES))
    for table, keys in TABLES.items():
        file.check_keys(file.read_table(table), keys, table)
    found = _facts(file)
    for wrong in read_disclosure(found.disclosure)[1]:
        file.flag(*wrong)
    return found


def _facts(file: FactsFile) -> Facts:
    return Facts(
        id=_read_id(file),
        title=file.read_text("title"),
        focus=file.read_text("focus"),
        border_belt=file.read_texts("border_belt"),
        reference=file.read_text("reference.source"),
        attack_source=_read_attack_source(file),
        family_size=file.read_factor("family_size"),
        family_size_source=file.read_text("family_size_source"),
        repeat_factor=file.read_factor("repeat_factor"),
        repeat_factor_source=file.read_text("repeat_factor_source"),
        models=file.read_table("models"),
        disclosure=file.read_table("disclosure"),
    )


def _blank() -> Facts:
    return Facts("", "", "", (), "", None, math.nan, "", math.nan, "", {}, {})


def _read_attack_source(file: FactsFile) -> str | None:
    if "drivers" not in file.values:
        return None
    return file.read_text("drivers.attacks", blank=True) or None


def _read_id(file: FactsFile) -> str:
    id_ = file.read_text("id")
    if id_ and not _ID.fullmatch(id_):
        why = "an id has small letters a–z, digits and single hyphens only, as in nw-syria"
        file.flag("id", why, id_)
    return id_


def _line(text: str, key: str) -> int | None:
    """The 1-based line of a key or table, else of the table above, as plain reading finds it."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = header[1].replace('"', "")
            if table == key:
                return number
        elif found := re.match(r'\s*([\w."-]+)\s*=', line):
            name = found[1].replace('"', "")
            if key in (f"{table}.{name}" if table else name, name if "." in name else ""):
                return number
    above = key.rpartition(".")[0]
    return _line(text, above) if "." in above else None
