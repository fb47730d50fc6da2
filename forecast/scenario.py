"""What a scenario file may say: one schema for TOML files and for JSON.

A day is a date, or a whole number of days after the day that the scenario stands on, so that one
file serves any day. A window without `from` begins the day after that day, one without `to` lasts
to the end of the horizon.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from features.cells import read_date
from forecast.names import BELT

# A scenario has at most so many clauses of a kind, and a clause so many places.
MOST_CLAUSES = 50
MOST_PLACES = 200
PLACES = ("places", "destinations", "between")
REGIMES = ("holds", "low_level", "offensive", "territorial")
SUM_TOLERANCE = 1e-6


def _read_day(value: Any) -> date | int:
    if isinstance(value, str):
        try:
            return date.fromisoformat(read_date(value))
        except ValueError as error:
            raise PydanticCustomError("day", str(error)) from None
    if type(value) is date or type(value) is int:
        return value
    why = "is no day; write a date as 2019-05-04, or the days after --as-of as a whole number"
    raise PydanticCustomError("day", why)


def _read_past_day(value: Any) -> date:
    day = _read_day(value)
    if isinstance(day, int):
        raise PydanticCustomError("day", "is no day of the past; write a date as 2017-12-16")
    return day


Day = Annotated[date | int, BeforeValidator(_read_day)]
Share = Annotated[float, Field(ge=0.0, le=1.0, strict=True)]
People = Annotated[float, Field(ge=0.0, le=1e9, strict=True)]
Name = Annotated[str, Field(min_length=1)]
MANY = Field(max_length=MOST_CLAUSES)
Flag = Annotated[bool, Field(strict=True)]
Names = Annotated[tuple[Name, ...], Field(max_length=MOST_PLACES)]
Lever = Literal["attacks", "gate", "outflow"]


class _Clause(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Window(_Clause):
    """Days from `from` to `to`, both counted."""

    from_: Day | None = Field(None, alias="from")
    to: Day | None = None


class Replay(_Clause):
    """A past episode: its first day, and so many weeks of it; without them, as many as fit."""

    from_: Annotated[date, BeforeValidator(_read_past_day)] = Field(alias="from")
    weeks: Annotated[int, Field(ge=1, strict=True)] | None = None


class Attacks(Window):
    """Attacks of a kind at a place or front: times a factor, so many a week, or as in the past."""

    kind: Name | None = None
    place: Name | None = None
    multiply: Annotated[float, Field(ge=0.0, le=1000.0, strict=True)] | None = None
    set_: Annotated[float, Field(ge=0.0, le=1e5, strict=True)] | None = Field(None, alias="set")
    replay: Replay | None = None

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        given = [name for name in ("multiply", "set_", "replay") if getattr(self, name) is not None]
        if len(given) != 1:
            why = "needs exactly one of multiply, set (events a week) and replay"
            raise PydanticCustomError("clause", why)
        if given == ["set_"] and None in (self.kind, self.place):
            why = "set counts events a week of one kind at one place; name kind and place"
            raise PydanticCustomError("clause", why)
        if given == ["replay"] and self.kind is not None:
            why = "replay repeats all kinds of attacks; take kind out"
            raise PydanticCustomError("clause", why)
        return self


class Regimes(Window):
    """How likely each regime is over the window; the weights sum to one."""

    place: Name | None = None
    holds: Share = 0.0
    low_level: Share = 0.0
    offensive: Share = 0.0
    territorial: Share = 0.0

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each regime, the quietest first."""
        return {name: float(getattr(self, name)) for name in REGIMES}

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = sum(self.weights.values())
        if abs(total - 1.0) > SUM_TOLERANCE:
            why = f"the weights of {', '.join(REGIMES)} sum to {total:g}; they must sum to 1"
            raise PydanticCustomError("clause", "{why}", {"why": why})
        return self


class Agreement(_Clause):
    """A ceasefire from a day on; without a probability of holding, that of past agreements."""

    date: Day
    probability: Share | None = None
    place: Name | None = None


class Territory(_Clause):
    """Places whose control changes on a day: most people leave, few return."""

    places: Annotated[Names, Field(min_length=1)]
    date: Day
    population: People | None = None
    leaving: Share = 0.8
    returning: Share = 0.1


class Closure(Window):
    """A place or crossing that nobody gets to or through, or the way `between` two of them."""

    place: Name | None = None
    between: Annotated[tuple[Name, ...], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.place is None) == (self.between is None):
            why = "shuts one place, or the way between two; give either place or between"
            raise PydanticCustomError("clause", why)
        if self.between is not None and self.between[0] == self.between[1]:
            why = "the way between a place and itself is none; name two places"
            raise PydanticCustomError("clause", why)
        return self


class Gate(Window):
    """So many people a day may cross from the border belt.

    `waiting` is how many of those who were there before would cross too.
    """

    people_a_day: People
    waiting: People = 0.0


class Capacity(Window):
    """A place that holds so many people and no more; one that `opens` is filled first."""

    place: Name
    people: People
    opens: Flag = False


class Outflow(Window):
    """So many people who leave a place, spread evenly over the window."""

    place: Name
    people: People
    isolated: Flag = False
    destinations: Names = ()


class Onward(Window):
    """Share of the arrivals elsewhere who move on, to the border belt if nothing else is named."""

    share: Share
    destinations: Names = ()


class Target(_Clause):
    """So many people by a day, and what is varied, each on its own, until they are reached.

    `most` is how many times the attacks may be taken.
    """

    people: Annotated[float, Field(gt=0.0, le=1e9, strict=True)]
    of: Literal["arrivals", "crossed"] = "arrivals"
    place: Name | None = None
    by: Day | None = None
    vary: Annotated[tuple[Lever, ...], Field(min_length=1)] = ("attacks",)
    most: Annotated[float, Field(gt=1.0, le=1000.0, strict=True)] = 10.0

    @model_validator(mode="after")
    def _where(self) -> Self:
        if (self.of == "arrivals") == (self.place is None):
            why = "arrivals are those of a place, and who crossed is told of the border as a whole"
            raise PydanticCustomError("clause", why)
        if len(set(self.vary)) < len(self.vary):
            raise PydanticCustomError("clause", "vary names something twice; name it once")
        return self


class Scenario(_Clause):
    """Assumptions that replace those of the forecast; what it does not name stays as it is."""

    title: Name
    author: str = ""
    note: str = ""
    access: str = ""
    attacks: Annotated[tuple[Attacks, ...], MANY] = ()
    regimes: Regimes | None = None
    agreement: Annotated[tuple[Agreement, ...], MANY] = ()
    territory: Annotated[tuple[Territory, ...], MANY] = ()
    closure: Annotated[tuple[Closure, ...], MANY] = ()
    gate: Gate | None = None
    capacity: Annotated[tuple[Capacity, ...], MANY] = ()
    outflow: Annotated[tuple[Outflow, ...], MANY] = ()
    onward: Onward | None = None
    target: Target | None = None

    def clauses(self) -> Iterator[tuple[tuple[str | int, ...], _Clause]]:
        """Every clause with where it stands, in the order of the schema."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, _Clause):
                yield (name,), value
            elif isinstance(value, tuple):
                yield from (((name, at), clause) for at, clause in enumerate(value))

    def named(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every place that a clause names, with where it stands.

        The border belt is named by each clause that is of it when it names nothing.
        """
        for at, clause in self.clauses():
            if (place := getattr(clause, "place", None)) is not None:
                yield (*at, "place"), place
            for key in PLACES:
                yield from (((*at, key), place) for place in getattr(clause, key, None) or ())
            if _of_belt(clause):
                yield at, BELT

    def document(self) -> dict[str, Any]:
        """The scenario as JSON takes it, without what is not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _of_belt(clause: _Clause) -> bool:
    if isinstance(clause, Target):
        return clause.of == "crossed"
    return isinstance(clause, Gate) or (isinstance(clause, Onward) and not clause.destinations)
