"""Triggers that were added: a folder a crisis, with three files a trigger.

`NAME.toml` is the rule as it was written, `NAME.record.json` what it would have said of the past,
and `NAME.history.json` what it has said since, which grows by days and steps.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from forecast.trigger_file import read_trigger
from forecast.trigger_record import Record, read_record
from service.emit import write_whole
from service.triggers.kept import Check, History, Kept, Step

RULE, RECORD, HISTORY = ".toml", ".record.json", ".history.json"


def default_folder() -> Path:
    """A folder of its own in the user's data folder."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "nuzuh" / "triggers"


def record_beside(path: Path) -> Path:
    """Where the record of a trigger file lies unless another is named."""
    return path.with_suffix(RECORD)


class Triggers:
    """The triggers of one crisis under a folder."""

    def __init__(self, folder: Path, crisis: str) -> None:
        self.folder = folder / crisis
        self.crisis = crisis

    def names(self) -> list[str]:
        """Names of the triggers kept."""
        found = [path.name for path in self.folder.glob(f"*{HISTORY}")]
        return sorted(name.removesuffix(HISTORY) for name in found)

    def every(self) -> list[Kept]:
        """All triggers kept. Raises InputError with what is wrong in any of their files."""
        found: list[Kept] = []
        findings: list[Finding] = []
        for name in self.names():
            try:
                found.append(self.get(name))
            except InputError as error:
                findings += error.findings
        if findings:
            raise InputError(findings)
        return found

    def get(self, name: str) -> Kept:
        """The trigger of a name. Raises InputError for an unknown one or a spoilt file."""
        if name not in self.names():
            hint = did_you_mean(name, self.names())
            why = f"no such trigger{hint}; kept are: {listed(self.names()) or 'none'}"
            raise InputError(Finding(str(self.folder), why, value=name))
        rule, record = self.folder / f"{name}{RULE}", self.folder / f"{name}{RECORD}"
        tested = read_record(record) if record.exists() else None
        return Kept(name, read_trigger(rule), tested, _history(self.folder / f"{name}{HISTORY}"))

    def add(self, path: Path, record: Record | None, untested: str, today: date) -> str:
        """Keep a trigger file and its record; the name is that of the file.

        Raises InputError where the name is taken or the folder cannot be written to.
        """
        name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "trigger"
        if name in self.names():
            why = f"a trigger of this name is kept in {str(self.folder)!r}; rename the file"
            raise InputError(Finding(str(path), why, value=name))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = f"cannot be made a folder: {error.strerror}; choose another"
            raise InputError(Finding("--triggers", why, value=str(self.folder))) from None
        write_whole(self.folder / f"{name}{RULE}", path.read_bytes())
        if record is not None:
            write_whole(self.folder / f"{name}{RECORD}", record.write())
        self._write(name, History(crisis=self.crisis, added=today, untested=untested))
        return name

    def note(self, kept: Kept, check: Check) -> None:
        """Add a check to the history of a trigger."""
        history = self.get(kept.name).history
        checks = (*history.checks, check)
        self._write(kept.name, history.model_copy(update={"checks": checks}))

    def enter(self, kept: Kept, step: Step) -> bool:
        """Add a step to the history of a trigger; False where it changes nothing."""
        history = self.get(kept.name).history
        after = history.with_step(step)
        if after is not history:
            self._write(kept.name, after)
        return after is not history

    def _write(self, name: str, history: History) -> None:
        content = (history.model_dump_json(indent=1) + "\n").encode()
        write_whole(self.folder / f"{name}{HISTORY}", content)


def _history(path: Path) -> History:
    try:
        return History.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        why = f"is no history of a trigger ({first['msg']}); put back an older copy"
        raise InputError(Finding(str(path), why)) from None
