"""Which places, areas and sources a crisis has, and what a wrong one may have meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.spelling import fold, nearest
from features.tables import Table

MOST_HINTS = 20


@dataclass
class Ids:
    """The ids of one kind that may be named, with their names for a reader.

    `kind` is the word for one of them, `file` where they are listed. `elsewhere` maps ids of
    another kind to the reason why they do not do here. Ids are not `complete` when their file could
    not be read; then nothing counts as unknown.
    """

    kind: str
    file: str
    names: dict[str, str]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    _reasons: dict[str, str] = field(default_factory=dict, repr=False)

    def flag_unknown(self, table: Table, column: str) -> None:
        """Note every cell of the column that is neither blank nor one of the ids."""
        if self.complete:
            cells = table.frame[column]
            wrong = (cells != "") & ~cells.isin(list(self.names))
            table.flag(wrong, column, lambda row: self.why_unknown(cells.iloc[row]))

    def why_unknown(self, value: str) -> str:
        """Why the value is none of the ids, and the remedy: the id it may stand for, if any."""
        if value not in self._reasons:
            self._reasons[value] = self._reason(value)
        return self._reasons[value]

    def _reason(self, value: str) -> str:
        if value in self.elsewhere:
            return self.elsewhere[value]
        hint = "" if len(self._reasons) >= MOST_HINTS else self.hint(value)
        remedy = f"; correct it or add it to {self.file}"
        return f"no {self.kind} of {self.file} is called so{hint or remedy}"

    def hint(self, value: str) -> str:
        """`"; did you mean 'SY07' (Idleb)?"` for the id that a wrong one may stand for, or ""."""
        id_ = self._meant(value)
        if id_ is None:
            return ""
        name = self.names[id_]
        return f"; did you mean {id_!r}" + (f" ({name})?" if name not in ("", id_) else "?")

    def _meant(self, value: str) -> str | None:
        folded = fold(value)
        for id_, name in self.names.items():
            if folded and folded in (fold(name), fold(id_)):
                return id_
        by_name = {name: id_ for id_, name in reversed(self.names.items())}
        word = nearest(value, [*by_name, *self.names])
        return word if word is None or word in self.names else by_name[word]
