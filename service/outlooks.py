"""Outlooks asked of the store: one day in one format and language, as an audience is told it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal

from service.answers import Made, Request, Source, Told

if TYPE_CHECKING:
    from forecast.parallel import Executor
    from service.schedules.editions import Edition

HORIZON = 6


class OutlookRequest(Request):
    """What is asked of an outlook; `stale` allow: also from sources past their limits.

    `since`, `last`, `places` and `scenarios` are those of an Edition.
    """

    document: ClassVar[str] = "outlook"

    as_of: date
    format: Literal["html", "pdf", "txt", "sms"] = "html"
    lang: Literal["en", "tr", "ar"] = "en"
    audience: Literal["public", "partner", "restricted"] = "public"
    stale: Literal["allow", "refuse"] = "refuse"
    since: date | None = None
    last: str | None = None
    places: tuple[str, ...] = ()
    scenarios: tuple[str, ...] | None = None
    seed: Literal[1] = 1

    @property
    def day(self) -> date:
        """The day it stands on."""
        return self.as_of

    def make(self, source: Source, executor: Executor, told: Told) -> Made:
        """See Request. Raises Stale, too."""
        from features.fingerprint import fingerprint
        from service.errors import Stale
        from service.outlook.render import render
        from service.outlook.stored import crisis_of, outlook_of, stale_on

        url = source.store.engine.url.render_as_string(hide_password=False)
        told(0.1, "reading the crisis")
        edition = self._edition(source)
        if self.stale == "refuse" and (stale := stale_on(url, edition)):
            raise Stale(stale, None)
        told(0.2, "forecasting")
        outlook = outlook_of(url, edition)
        told(0.8, "writing")
        contents: dict[str, bytes] = {self.format: render(outlook, self.format, self.lang)}
        return Made(fingerprint(crisis_of(url, edition)), outlook.forecast.models, contents)

    def _edition(self, source: Source) -> Edition:
        from service.schedules.editions import Edition
        from service.version import nuzuh_version

        return Edition(
            crisis_id=source.crisis_id,
            as_of=self.as_of,
            since=self.since,
            recorded=source.recorded,
            horizon=HORIZON,
            audience=self.audience,
            places=self.places,
            scenarios=self.scenarios,
            nuzuh=nuzuh_version(),
            last=self.last,
        )
