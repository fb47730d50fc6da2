"""What a trigger file may say: what one must hear of beforehand, and when the alarm is raised.

`over` and `within` are the event: more than so many arrivals at the place, in all, in the next
weeks or months. A forecast rule raises the alarm at a probability of that event; an observed rule
where the arrivals published of the last 30 days reach their highest of one or three years (after
OCHA's HDX Signals: a rolling maximum and a floor).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

MOST = {"month": 12, "week": 26}
YEARS = {"1 year": 1, "3 years": 3}
OWN_KEYS = {"forecast": ("probability",), "observed": ("maximum", "floor")}
FLOOR = 5000.0
_WITHIN = re.compile(r"([1-9]\d?) (week|month)s?")

# No control characters: titles go into headers of e-mail. A note may have lines.
LINE, LINES = r"[^\x00-\x1f\x7f]*", r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
Text = Annotated[str, Field(pattern=rf"^{LINE}[^\s\x00-\x1f\x7f]{LINE}$", max_length=200)]
Cost = Annotated[float, Field(ge=0.0, le=1e12)]


class Frozen(BaseModel):
    """Base of what is written down: nothing unknown, nothing infinite, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Trigger(Frozen):
    """One rule. `stand_down` is a probability, or for an observed rule a share of its maximum.

    `recipients` are told of an activation, each written as `email:name@ngo.org`, in `language`.
    """

    model_config = ConfigDict(strict=True)

    title: Text
    kind: Literal["forecast", "observed"]
    place: Text
    over: Annotated[float, Field(gt=0.0, le=1e9)]
    within: str
    probability: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    maximum: Literal["1 year", "3 years"] | None = None
    floor: Annotated[float, Field(gt=0.0, le=1e9)] | None = None
    stand_down: Annotated[float, Field(gt=0.0, lt=1.0)]
    suppress_days: Annotated[int, Field(ge=0, le=730)]
    cost_miss: Cost
    cost_false_alarm: Cost
    author: Annotated[str, Field(pattern=f"^{LINE}$", max_length=200)] = ""
    note: Annotated[str, Field(pattern=LINES, max_length=5000)] = ""
    recipients: Annotated[tuple[str, ...], Field(strict=False, max_length=1000)] = ()
    language: Literal["en", "tr", "ar"] = "en"

    @property
    def ahead(self) -> tuple[int, str]:
        """Steps of the window and what one is: (6, "week")."""
        found = _WITHIN.fullmatch(self.within)
        assert found is not None
        return int(found[1]), found[2]

    @property
    def met_at(self) -> float:
        """What the probability, or the share of the maximum, must reach."""
        return 1.0 if self.probability is None else self.probability

    @property
    def years(self) -> int:
        """Years whose maximum the observed rule looks at."""
        return YEARS[self.maximum or "1 year"]

    @property
    def least(self) -> float:
        """Arrivals in 30 days below which the observed rule stays silent."""
        return FLOOR if self.floor is None else self.floor

    def document(self, *, recipients: bool = True) -> dict[str, Any]:
        """The trigger as JSON takes it, without what is not set, nor whom it tells if so wished."""
        hidden = None if recipients else {"recipients", "language"}
        return self.model_dump(mode="json", exclude_defaults=True, exclude=hidden)

    def same_event(self, other: Trigger) -> bool:
        """Whether a record of the other tells of this one too, whatever its levels and costs."""
        keys = ("place", "over", "ahead", "years", "least")
        return all(getattr(self, key) == getattr(other, key) for key in keys)

    @field_validator("within")
    @classmethod
    def _steps(cls, value: str) -> str:
        found = _WITHIN.fullmatch(value)
        if found is None or int(found[1]) > MOST[found[2]]:
            why = f"is no window ahead; write 1 month to {MOST['month']} months, or weeks to "
            raise _wrong(f"{why}{MOST['week']} weeks")
        return value

    @field_validator("probability", "maximum", "floor")
    @classmethod
    def _of_its_kind(cls, value: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("kind")
        if value is not None and kind is not None and info.field_name not in OWN_KEYS[kind]:
            raise _wrong(f"has no place in the kind {kind!r}; take it out, or change the kind")
        return value

    @field_validator("stand_down")
    @classmethod
    def _lower(cls, value: float, info: ValidationInfo) -> float:
        level = info.data.get("probability")
        if level is not None and value >= level:
            raise _wrong(
                f"must lie below probability ({level:g}), else it would stand down at once"
            )
        return value

    @model_validator(mode="after")
    def _level(self) -> Self:
        needed = OWN_KEYS[self.kind][0]
        if getattr(self, needed) is None:
            raise _wrong(f"the kind {self.kind!r} needs {needed}; add it")
        if self.cost_miss == self.cost_false_alarm == 0.0:
            raise _wrong("cost_miss and cost_false_alarm are both 0; give what either costs you")
        return self


def _wrong(why: str) -> PydanticCustomError:
    return PydanticCustomError("trigger", "{why}", {"why": why})
