"""Whether triggers are looked at: where no worker lives, nobody notes that no watch is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from service.api.deps import Service
from service.schedules.diary import SERVICE, moment
from service.triggers.book import StoredTriggers, crises_with_triggers, noted
from service.triggers.kept import Kept, Step

# The lookout asks for a look at every crisis once a day; a night's outage is not told.
LONGEST = timedelta(days=1)


class Watch:
    """When the triggers of a store were last looked at, as it is now."""

    def __init__(self, service: Service) -> None:
        self._store, self._now = service.store, datetime.now(UTC)
        self._checked = dict(service.jobs.glance().looked)

    def told(self, kept: Kept) -> Kept:
        """The trigger; blind where it is to be watched and no worker has looked for a day."""
        history, last = kept.history, self._last(kept)
        if not kept.ready or history.unwatched is not None or self._now - last <= LONGEST:
            return kept
        why = {"reason": f"no worker has looked since {moment(last)}"}
        step = Step(state="blind", day=last.date(), author=SERVICE, why=why)
        return replace(kept, history=history.with_step(step))

    def longest(self) -> float:
        """Seconds since the last look at the trigger that has waited longest; 0 without any."""
        found = [
            self._now - self._last(kept)
            for crisis_id in crises_with_triggers(self._store)
            for kept in map(
                StoredTriggers(self._store, crisis_id).get,
                StoredTriggers(self._store, crisis_id).names(),
            )
            if kept.ready and not kept.retired
        ]
        return max((one.total_seconds() for one in found), default=0.0)

    def _last(self, kept: Kept) -> datetime:
        """The last look, or step, or the end of the day on which it was kept."""
        history = kept.history
        of_crisis = self._checked.get(history.crisis)
        of_trigger = noted(self._store, history.crisis).get(kept.name)
        days = [history.added, *(step.day for step in history.steps)]
        looks = [one for one in (of_crisis, of_trigger) if one is not None]
        return min(self._now, max([*looks, _end(max(days))]))


def _end(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)
