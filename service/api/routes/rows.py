"""What was reported: places, reports, attacks and agreements, and every version of a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from features.errors import Finding, InputError
from features.spelling import listed
from service.api.answers import answer, csv_bytes, json_bytes, records_of, wanted_format
from service.api.deps import Asked, OfCrisis, Text, today
from service.api.hints import no_such_place
from service.api.paging import MOST, Moment, cursor_of, place_of, time_of
from service.errors import NotFound
from service.store.reading import of_entries, only

if TYPE_CHECKING:
    import pandas as pd

router = APIRouter(prefix="/v1", tags=["rows"])
FORMATS = ("json", "csv")
ROWS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Rows, a page of them; the header Link names the next.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["rows", "next"],
                    "properties": {
                        "rows": {"type": "array", "items": {"type": "object"}},
                        "next": {"type": ["string", "null"]},
                        "as_of": {"type": ["string", "null"]},
                        "recorded": {"type": "string"},
                    },
                }
            },
            "text/csv": {"schema": {"type": "string"}},
        },
    },
}
FILES = {
    "places": "places.csv",
    "reports": "displacement.csv",
    "attacks": "attacks.csv",
    "agreements": "agreements.csv",
}


DATED = ("reports", "attacks")


class Known(BaseModel):
    """What was known: by whom published, and when recorded here."""

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = Field(None, description="Only what was published by the end of this day.")
    recorded: Moment | None = Field(
        None, description="Only what the store had by this time, which is UTC or has an offset."
    )
    format: Literal["json", "csv"] | None = Field(
        None, description="json or csv; without it as the header Accept says."
    )


class Page(Known):
    """Which rows, and how many at once."""

    limit: int = Field(1000, ge=1, le=MOST)
    cursor: Text | None = Field(None, description="`next` of the page before.")


class PlacesPage(Page):
    """Which places."""

    level: Text | None = Field(None, description="Places of this level alone.")


class AgreementsPage(Page):
    """Which agreements."""

    place: Text | None = Field(None, description="Rows of this place or area alone.")


class Events(AgreementsPage):
    """Which reports or attacks."""

    source: Text | None = Field(None, description="Rows of this source alone.")
    from_: date | None = Field(
        None, alias="from", description="Windows that end on this day or later."
    )
    to: date | None = Field(None, description="Windows that start on this day or earlier.")


class Reports(Events):
    """Which reports."""

    measure: Text | None = Field(None, description="Rows of this measure alone.")


class HistoryOf(Known):
    """A key: the columns that tell what a row of the file describes, all that cannot be blank."""

    file: Literal["places", "reports", "attacks", "agreements"] = Field(
        description="Of which rows. Key columns: `place_id` of places; `start`, `end`, `measure`, "
        "`place_id`, `direction`, `source` and, where the row has one, `from_id` of reports; "
        "`start`, `end`, `place_id`, `kind`, `source` and, where the row has one, `target` of "
        "attacks; `announced`, `kind`, `place_id`, `title` of agreements."
    )
    place_id: Text = ""
    start: Text = ""
    end: Text = ""
    measure: Text = ""
    direction: Text = ""
    from_id: Text = ""
    source: Text = ""
    kind: Text = ""
    target: Text = ""
    announced: Text = ""
    title: Text = ""


@router.get("/crises/{crisis_id}/places", responses=ROWS, response_class=Response)
def list_places(
    request: Request, asked: OfCrisis, wanted: Annotated[PlacesPage, Query()]
) -> Response:
    """The places of the crisis, as fine as the audience of the key is told."""
    return _page(request, asked, "places", wanted)


@router.get("/crises/{crisis_id}/reports", responses=ROWS, response_class=Response)
def list_reports(
    request: Request, asked: OfCrisis, wanted: Annotated[Reports, Query()]
) -> Response:
    """Published displacement figures, by publication."""
    return _page(request, asked, "reports", wanted)


@router.get("/crises/{crisis_id}/attacks", responses=ROWS, response_class=Response)
def list_attacks(request: Request, asked: OfCrisis, wanted: Annotated[Events, Query()]) -> Response:
    """Attacks, by publication; moved up to the finest place that the audience is told of."""
    return _page(request, asked, "attacks", wanted)


@router.get("/crises/{crisis_id}/agreements", responses=ROWS, response_class=Response)
def list_agreements(
    request: Request, asked: OfCrisis, wanted: Annotated[AgreementsPage, Query()]
) -> Response:
    """Agreements; what came of one after `as_of` is hidden."""
    return _page(request, asked, "agreements", wanted)


@router.get("/crises/{crisis_id}/history", responses=ROWS, response_class=Response)
def read_history(
    request: Request, asked: OfCrisis, wanted: Annotated[HistoryOf, Query()]
) -> Response:
    """Every version of what was published about one key, the oldest first."""
    file = FILES[wanted.file]
    told = set(HistoryOf.model_fields) - set(Known.model_fields) - {"file"}
    key = {name: str(getattr(wanted, name)) for name in told if getattr(wanted, name)}
    _refuse_part(file, key)
    for name in ("place_id", "from_id"):
        if name in key and not asked.disclosure.tells_of(key[name]):
            raise NotFound("nothing is known under this key")
    day = _day(asked, wanted.as_of)
    found = asked.service.store.history(asked.crisis_id, file, key, day, wanted.recorded)
    if found.empty:
        raise NotFound("nothing is known under this key")
    asked.note("read", "history", file=wanted.file, **key)
    rows = asked.disclosure.rows(file, found)
    return _told(request, rows, wanted, {"next": None})


def _refuse_part(file: str, key: Mapping[str, str]) -> None:
    """Raise InputError of every key column that is left out and cannot be blank."""
    from service.store.rows import MODULES, key_of

    blank = {column.name for column in MODULES[file].COLUMNS if column.blank}
    needed = [name for name in key_of(file) if name not in blank]
    if missing := [name for name in needed if name not in key]:
        why = f"is missing; the key of a row of {file} is {listed(needed)}"
        raise InputError([Finding(name, why) for name in missing])


def _page(request: Request, asked: Asked, name: str, wanted: Page) -> Response:
    recorded, after = _begin(asked, wanted)
    day = _day(asked, wanted.as_of)
    until = after + wanted.limit
    page, count = _part(asked, name, wanted, slice(after, until), day, recorded)
    following = cursor_of(recorded=recorded.isoformat(), after=until)
    asked.note("read", name, **_filters(wanted), after=after)
    head = {
        "next": following if until < count else None,
        "as_of": None if day is None else day.date().isoformat(),
        "recorded": recorded,
    }
    return _told(request, page, wanted, head)


def _begin(asked: Asked, wanted: Page) -> tuple[datetime, int]:
    """When the rows were recorded that this page is of, and how many came before it."""
    latest = asked.disclosure.ground.recorded
    if wanted.cursor is None:
        return min(wanted.recorded or latest, latest), 0
    place = place_of(wanted.cursor, {"recorded": str, "after": int})
    return min(time_of(place["recorded"]), latest), max(0, place["after"])


def _day(asked: Asked, as_of: date | None) -> pd.Timestamp | None:
    import pandas as pd

    day = asked.disclosure.latest(as_of, today())
    return None if day is None else pd.Timestamp(day)


def _part(
    asked: Asked,
    name: str,
    wanted: Page,
    part: slice,
    day: pd.Timestamp | None,
    recorded: datetime,
) -> tuple[pd.DataFrame, int]:
    """A part of the rows that are told, and how many rows are told in all.

    Where the audience is told every row, and none is chosen by what stands in its cells, only those
    of the part are read whole.
    """
    by_cells = any(getattr(wanted, one, None) is not None for one in ("place", "measure"))
    if name in DATED and asked.disclosure.policy.unlimited and not by_cells:
        service, crisis_id, file = asked.service, asked.crisis_id, FILES[name]
        order = service.order(crisis_id, file, day, recorded, **_window(wanted))
        of_part = of_entries(order[part].tolist())
        rows = service.store.rows(crisis_id, file, None, day, recorded, of_part)
        return asked.disclosure.rows(file, rows), len(order)
    found = _rows(asked, name, wanted, day, recorded)
    return found.iloc[part], len(found)


def _window(wanted: Page) -> dict[str, Any]:
    """What is wanted of source and window, which no disclosure changes."""
    if not isinstance(wanted, Events):
        return {}
    return {"source": wanted.source, "first": wanted.from_, "last": wanted.to}


def _rows(
    asked: Asked, name: str, wanted: Page, day: pd.Timestamp | None, recorded: datetime
) -> pd.DataFrame:
    """The rows as the audience is told them, then filtered: a filter tells nothing more."""
    place = getattr(wanted, "place", None)
    if place is not None and not asked.disclosure.tells_of(place):
        raise NotFound(no_such_place(asked.disclosure, place))
    store, file = asked.service.store, FILES[name]
    exact = place if asked.disclosure.policy.unlimited or name == "reports" else None
    read = store.rows(asked.crisis_id, file, exact, day, recorded, *only(**_window(wanted)))
    found = asked.disclosure.rows(file, read)
    for column, value in (
        ("place_id", place),
        ("measure", getattr(wanted, "measure", None)),
        ("level", getattr(wanted, "level", None)),
    ):
        if value is not None:
            found = found[found[column] == value]
    return found


def _filters(wanted: Page) -> dict[str, Any]:
    return wanted.model_dump(mode="json", exclude_none=True, exclude={"cursor", "limit"})


def _told(request: Request, rows: pd.DataFrame, wanted: Known, head: dict[str, Any]) -> Response:
    format_ = wanted_format(request, wanted.format, FORMATS)
    records = records_of(rows)
    headers = {}
    if head["next"] is not None:
        url = request.url.include_query_params(cursor=head["next"])
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    if format_ == "json":
        return answer(json_bytes({"rows": records, **head}), format_, headers)
    body = csv_bytes(list(rows), (row.values() for row in records))
    return answer(body, format_, headers)
