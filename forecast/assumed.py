"""What the user assumes on top of a forecast, which makes a projection of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from models.closures import Closure


@dataclass(frozen=True, eq=False)
class Assumed:
    """Closures; how many people places hold; a gate and who of those who cross moves on; a total.

    `given` has start, end, place_id, persons.
    """

    closures: tuple[Closure, ...] = ()
    capacity: Mapping[str, float] = field(default_factory=dict)
    gate: float | None = None
    onward: float | None = None
    given: pd.DataFrame | None = None

    @property
    def kind(self) -> str:
        """Whether a forecast or a projection follows."""
        told = self.closures or self.capacity
        changed = told or self.gate is not None or self.given is not None
        return "projection" if changed else "forecast"
