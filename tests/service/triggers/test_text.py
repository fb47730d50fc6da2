"""What a record says in words: notes, counts, and when it says too little to tell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from features.crisis import Crisis
from forecast.trigger_record import RECONCILED, Line, Record, Vintage
from service.triggers.answers import record_document
from service.triggers.notes import vintage_note
from service.triggers.text import record_text
from tests.forecast.triggers import lines_of, record_of, trigger_of
from tests.strategies import made_up

DATED = Vintage(reports=0.0, attacks=0.0, attack_source="Event Data", attack_days=7.0)
ASSUMED = DATED.model_copy(update={"reports": 0.38, "attacks": 1.0})
SAID: list[tuple[float, float | None]] = [(0.2, 10_000.0), (0.6, 80_000.0), (0.7, 20_000.0)] * 5


@pytest.fixture(scope="module")
def crisis() -> Crisis:
    return made_up()


def record(lines: list[Line], vintage: Vintage | None = DATED) -> Record:
    return record_of(lines, trigger_of()).model_copy(update={"vintage": vintage})


def reconciled(lines: list[Line], passed: float, not_passed: float) -> list[Line]:
    found = []
    for line in lines:
        assert line.came is not None
        chance = passed if line.came.passed else not_passed
        came = line.came.model_copy(update={"by": RECONCILED, "chance": chance})
        found.append(line.model_copy(update={"came": came}))
    return found


def told(of: Record, crisis: Crisis) -> str:
    return " ".join(record_text(of, of.trigger, crisis).split())


def test_sure_outcomes_are_counted_and_judged(crisis: Crisis) -> None:
    text = told(record(lines_of(SAID)), crisis)
    for part in (
        "passed after 5 of 15 days looked at in 5 spells: 5 hits, 0 misses, 5 false alarms, 5 ",
        "Activations: 5 in 14.9 months, a return period of 3 months",
        "With the event in their window 5, without 0.",
        "base rate 0.22 (",
        "The base rate is 33%",
        "would have cost least",
        "chance said",
        *("observed rule", "always act", "never act", "EWM(6)"),
    ):
        assert part in text
    assert "likelier than not" not in text
    assert "the same model" not in text
    lines = record_text(record(lines_of(SAID)), trigger_of(), crisis).splitlines()
    assert max(map(len, lines)) <= 100


def test_outcomes_with_a_chance_are_told_as_expected(crisis: Crisis) -> None:
    found = record(reconciled(lines_of(SAID), 0.8, 0.3))
    text = told(found, crisis)
    assert "passed after 5 of 15 days looked at in 5 spells likelier than not, 7.0 " in text
    assert "expected are 5.5 hits, 1.5 misses, 4.5 false alarms, 3.5 correct" in text
    assert "With the event in their window 4, without 1." in text
    assert "is a figure of the same model that made the forecast" in text
    notes = " ".join(record_document(found, found.trigger)["notes"])
    assert "is a figure of the same model that made the forecast" in notes


def test_it_says_how_often_it_looks_where_the_service_looks_more_often(crisis: Crisis) -> None:
    monthly = lines_of(SAID)
    looks = "the service looks every day: expect activations sooner and more often"
    assert f"Looked at every month; {looks}" in told(record(monthly), crisis)
    first = monthly[0]
    for days, said in ((7, "every week"), (3, "every 3 days")):
        often = [
            first.model_copy(update={"as_of": first.as_of + timedelta(days=days * at)})
            for at in range(15)
        ]
        assert f"Looked at {said}; {looks}" in told(record(often), crisis)
    daily = [
        first.model_copy(update={"as_of": first.as_of + timedelta(days=at)}) for at in range(15)
    ]
    assert looks not in told(record(daily), crisis)


def test_a_few_looks_are_no_ground_for_a_rate(crisis: Crisis) -> None:
    one = record(lines_of(SAID[1:2]))
    text = told(one, crisis)
    assert "passed after 1 of 1 day looked at in 1 spell: 1 hits" in text
    assert "1 look is too few to tell" in text
    for rate in ("return period", "Brier", "anything from", "cost a day", "chance said"):
        assert rate not in text
    assert "1 look is too few" in record_document(one, one.trigger)["notes"][-1]
    assert "11 looks are too few" in told(record(lines_of(SAID[:11])), crisis)
    assert "too few" not in told(record(lines_of(SAID[:12])), crisis)


def test_a_vintage_that_was_assumed_is_called_pseudo(crisis: Crisis) -> None:
    assert "from what had been published by its day." in vintage_note(DATED)
    both = vintage_note(ASSUMED)
    assert both.startswith("Pseudo-vintage: the attacks (Event Data) carry no day of publication")
    assert "each taken as known 7 days after it ended" in both
    assert "38% of the reports carry none either" in both
    reports = vintage_note(ASSUMED.model_copy(update={"attacks": 0.0}))
    assert reports.startswith("Pseudo-vintage: 38% of the reports carry no day of publication;")
    assert "does not say whether" in told(record(lines_of(SAID), None), crisis)
