"""Published spellings → ids of places and areas. Nothing is guessed: unmapped is an error."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from features.errors import Finding, InputError

LEVELS = {"governorate": "admin1", "district": "admin2", "subdistrict": "admin3"}


@dataclass
class Spellings:
    """Finds the id of a published spelling, and remembers all it could not find.

    `table` holds published, level, place_id, note; `places` holds place_id, name, level. A row that
    carries a P-code is mapped by it, if that place bears the published name at that level.
    """

    table: pd.DataFrame
    places: pd.DataFrame
    findings: dict[str, Finding] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.table[["published", "level", "place_id", "note"]].itertuples(index=False)
        self._known = {(text, level): (place, note) for text, level, place, note in rows}
        named = self.places[["place_id", "name", "level"]].itertuples(index=False)
        self._named = {place: (name, level) for place, name, level in named}

    def find(
        self, file: str, line: int, published: str, level: str = "", pcode: str = ""
    ) -> tuple[str, str]:
        """Id and remark for a spelling; blank ones, and a finding, when there is none."""
        if pcode:
            return self._by_pcode(file, line, published, level, pcode), ""
        found = self._known.get((published, level))
        if found is None:
            why = f"level {level!r} of this spelling is not in spellings.csv; map it there"
            self._note(Finding(file, why, line, "place", published))
            return "", ""
        return found

    def check(self) -> None:
        """Raises InputError with everything that `find` could not map."""
        if self.findings:
            raise InputError(list(self.findings.values()))

    def _by_pcode(self, file: str, line: int, published: str, level: str, pcode: str) -> str:
        if self._named.get(pcode) == (published, LEVELS.get(level, level)):
            return pcode
        why = f"the P-code {pcode} is {self._named.get(pcode, 'unknown')}, not this {level}"
        self._note(Finding(file, why, line, "pcode", published))
        return ""

    def _note(self, finding: Finding) -> None:
        self.findings.setdefault(f"{finding.file} {finding.why} {finding.value}", finding)
