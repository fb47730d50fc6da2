"""What an intake changes: which given rows are new, and which correct or hide what is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from features.errors import Finding
from service.store.reading import Held
from service.store.rows import Cells, Given, key_of
from service.store.schema import Code

Entry = tuple[str, int]
LONGEST_SHOWN = 60


class Changes:
    """Versions to be stored: rows `added` as new entries, and rows that entries are `changed` to.

    Rows of one subject and day of publication are matched among themselves. Those that say the same
    are the same row, however often they come. Another figure for the same day is a correction, and
    a figure where a status stands puts one back; both need a reason. A status hides every figure of
    its subject and day.
    """

    def __init__(self) -> None:
        self.added: list[tuple[str, Given]] = []
        self.changed: dict[Entry, Given] = {}
        self.unchanged = 0
        self.matched: set[Entry] = set()
        self.findings: list[Finding] = []

    @property
    def rows(self) -> list[tuple[str, Given]]:
        """All rows to be stored, with their files."""
        return [*self.added, *((file, row) for (file, _), row in self.changed.items())]

    def match(self, file: str, shown: str, given: Iterable[Given], stored: Iterable[Held]) -> None:
        """Match the rows given for a file, `shown` to the reader, with the newest stored ones."""
        held: dict[tuple[bytes, date | None], list[Held]] = defaultdict(list)
        for stands in stored:
            held[stands.row.subject, stands.row.published].append(stands)
        subjects = {subject for subject, _ in held}
        groups: dict[tuple[bytes, date | None], list[Given]] = defaultdict(list)
        for one in given:
            groups[one.subject, one.published].append(one)
        added: list[Given] = []
        for at, rows in groups.items():
            figures = [row for row in rows if row.code == Code.PRESENT]
            added += self._figures(file, shown, figures, held.get(at, []))
            for row in rows:
                if row.code != Code.PRESENT:
                    known = row.subject in subjects
                    added += self._status(file, shown, row, held.get(at, []), known)
        self.added += [(file, row) for row in sorted(added, key=lambda row: row.line)]

    def take_back_unmatched(self, file: str, stored: Iterable[Held], reason: str) -> None:
        """Delete the stored figures of a file that were given in no form; it needs a reason."""
        figures = [held for held in stored if held.row.code == Code.PRESENT]
        gone = [held for held in figures if (file, held.entry) not in self.matched]
        if gone and not reason:
            why = f"lacks rows that the store holds: {len(gone)}; give a reason to take them back"
            self.findings.append(Finding(file, why))
        for held in gone:
            taken_back = held.row._replace(code=Code.DELETED, reason=reason)
            self.changed[file, held.entry] = taken_back

    def _figures(
        self, file: str, shown: str, figures: Sequence[Given], held: Sequence[Held]
    ) -> list[Given]:
        """The rows that are new; the others are noted as unchanged or as changes."""
        open_ = sorted(held, key=lambda stands: stands.row.code != Code.PRESENT)
        left = []
        for row in figures:
            same = [
                stands
                for stands in open_
                if stands.row.code == Code.PRESENT and stands.row.digest == row.digest
            ]
            if same:
                open_.remove(same[0])
                self.matched.add((file, same[0].entry))
                self.unchanged += 1
            else:
                left.append(row)
        for row, stands in zip(left, open_, strict=False):
            self.matched.add((file, stands.entry))
            if row.reason:
                self.changed[file, stands.entry] = row
            else:
                self.findings.append(_needs_reason(file, shown, row, stands.row))
        return left[len(open_) :]

    def _status(
        self, file: str, shown: str, row: Given, held: Sequence[Held], known: bool
    ) -> list[Given]:
        """The row if it is new; else it is noted for all figures that it hides."""
        hit = [stands for stands in held if stands.row.code == Code.PRESENT]
        if not hit and any(stands.row.code == row.code for stands in held):
            self.unchanged += 1
            return []
        if hit or held:
            for stands in hit or held[:1]:
                self.changed[file, stands.entry] = row
            return []
        if row.code == Code.DELETED and not known:
            why = f"no such row is stored; check {', '.join(key_of(file))}"
            self.findings.append(Finding(shown, why, line=row.line or None))
            return []
        return [row]


def _needs_reason(file: str, shown: str, row: Given, stands: Given) -> Finding:
    if stands.code != Code.PRESENT:
        status = Code(stands.code).name.lower()
        why = f"the row is stored as {status} ({stands.reason}); give a reason to put it back"
        return Finding(shown, why, line=row.line or None)
    differing = ", ".join(_differences(stands.cells, row.cells))
    day = " and day of publication" if row.published else ""
    why = f"the store holds another row of this key{day} ({differing}); give a reason to correct it"
    return Finding(shown, why, line=row.line or None)


def _differences(before: Mapping[str, str], after: Cells) -> list[str]:
    names = [name for name in after if before.get(name, "") != after[name]]
    return [
        f"{name} {before.get(name, '')[:LONGEST_SHOWN]!r} → {after[name][:LONGEST_SHOWN]!r}"
        for name in names
    ]
