"""Whether a schedule fits the crisis it is of, before it is kept."""

from __future__ import annotations

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from service.schedules.schedule import Schedule
from service.store.store import Store


def check_fit(store: Store, schedule: Schedule) -> None:
    """Refuse a schedule of what there is none of, or of places that its audience is not told of.

    Raises InputError with all of it.
    """
    from forecast.scenario_folder import shipped
    from service.access.disclosure import Disclosure
    from service.access.policy import policies
    from service.access.stored import read_ground

    with store.reading() as connection:
        ground = read_ground(connection, schedule.crisis_id)
    findings = [
        *_unknown("places", schedule.places, list(ground.places.frame.index)),
        *_unknown("scenarios", schedule.scenarios, list(shipped(schedule.crisis_id))),
    ]
    disclosure = Disclosure(policies(ground.facts.disclosure)[schedule.audience], ground)
    why = "is finer than this audience is told of; take another place or audience"
    findings += [
        Finding("places", why, value=place)
        for place in schedule.places
        if place in ground and not disclosure.tells_of(place)
    ]
    if findings:
        raise InputError(findings)


def _unknown(kind: str, names: tuple[str, ...], known: list[str]) -> list[Finding]:
    few = f"; there are: {listed(known) or 'none'}" if len(known) <= 12 else ""
    return [
        Finding(kind, f"there is none of this name{did_you_mean(name, known)}{few}", value=name)
        for name in names
        if name not in known
    ]
