"""What a schedule is: when, of what, for whom. Everything wrong with one is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from features.errors import Finding, InputError
from features.spelling import listed
from service.commands.checks import MOST_STEPS
from service.delivery.drop import check_name
from service.delivery.mail import check_address
from service.delivery.webhook import check_url
from service.schedules.ticks import CatchUp, check_cron, check_zone

Language = Literal["en", "tr", "ar"]
Format = Literal["html", "pdf", "txt", "sms"]
Audience = Literal["public", "partner", "restricted"]
Way = Literal["email", "webhook", "folder"]
CHECKS = {"email": check_address, "webhook": check_url, "folder": check_name}


class Recipient(BaseModel):
    """Who gets a letter, how, and in which language; written `email:name@ngo.org#ar`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    way: Way
    address: str = Field(min_length=1, max_length=2000)
    language: Language | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if why := CHECKS[self.way](self.address):
            raise ValueError(f"{self.address!r} {why}")
        return self

    def __str__(self) -> str:
        end = "" if self.language is None else f"#{self.language}"
        return f"{self.way}:{self.address}{end}"


def _checked(check: Any) -> AfterValidator:
    def validate(value: str) -> str:
        if why := check(value):
            raise ValueError(f"{value!r} {why}")
        return value

    return AfterValidator(validate)


class Schedule(BaseModel):
    """One schedule.

    `horizon` counts months. `places` stand in place of the border belt's. `scenarios` are names of
    scenarios that come with the crisis, none all of them. A letter to a recipient without a
    language is in the first of `languages`; folders and webhooks get every format, e-mail all but
    `sms`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    crisis_id: str = Field(min_length=1)
    cron: Annotated[str, Field(max_length=100), _checked(check_cron)]
    zone: Annotated[str, _checked(check_zone)] = "Europe/Istanbul"
    horizon: int = Field(6, ge=1, le=MOST_STEPS["month"])
    audience: Audience = "public"
    languages: tuple[Language, ...] = Field(("en",), min_length=1)
    places: tuple[str, ...] = Field((), max_length=12)
    scenarios: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")], ...] = Field(
        (), max_length=8
    )
    formats: tuple[Format, ...] = Field(("html", "pdf", "txt"), min_length=1)
    recipients: tuple[Recipient, ...] = Field(min_length=1, max_length=1000)
    catch_up: CatchUp = "latest"
    release: Literal["manual", "automatic"] = "manual"

    @model_validator(mode="after")
    def _check(self) -> Self:
        written = [str(one) for one in self.recipients]
        if twice := sorted({one for one in written if written.count(one) > 1}):
            raise ValueError(f"{listed(twice)} would get each letter twice")
        asked = {one.language for one in self.recipients if one.language is not None}
        if others := sorted(asked - set(self.languages)):
            raise ValueError(f"no outlook is made in {listed(others)}; add it to the languages")
        return self

    def language_of(self, recipient: Recipient) -> Language:
        """The language of a recipient's letters."""
        return recipient.language or self.languages[0]


def parse_recipient(text: str) -> dict[str, str]:
    """The parts of `WAY:ADDRESS` or `WAY:ADDRESS#LANGUAGE`, unchecked."""
    way, _, rest = text.partition(":")
    address, hash_, language = rest.rpartition("#")
    if not hash_:
        return {"way": way, "address": rest}
    return {"way": way, "address": address, "language": language}


def read_schedule(given: Mapping[str, Any]) -> Schedule:
    """The schedule. Raises InputError with everything wrong in it, named as its fields."""
    try:
        return Schedule(**given)
    except ValidationError as error:
        raise InputError([_finding(wrong) for wrong in _told(error)]) from None


def _told(error: ValidationError) -> list[Any]:
    """What pydantic found, but for lists that it calls empty because all in them is wrong."""
    found: list[Any] = list(error.errors())
    inside = {one["loc"][:1] for one in found if len(one["loc"]) > 1}
    return [one for one in found if one["type"] != "too_short" or one["loc"] not in inside]


def _finding(wrong: Any) -> Finding:
    where = [str(part) for part in wrong["loc"]]
    name = where[0] if where else "schedule"
    at = int(where[1]) + 1 if len(where) > 1 and where[1].isdigit() else None
    why = wrong["msg"].removeprefix("Value error, ")
    column = where[-1] if at is not None and len(where) > 2 else None
    return Finding(name, why, line=at, column=column)
