"""What a store says when it cannot answer, and to questions that are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from features.errors import InputError, StoreError
from service.store import engine
from service.store.ingest import ingest
from service.store.store import Store
from tests.databases import with_options
from tests.service.store.given_rows import KEY, reports


def test_a_writer_that_waits_too_long_is_told(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = filled.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(engine, "PATIENCE_SECONDS", 0.05)
    if filled.engine.dialect.name == "postgresql":
        url = with_options(url, "-clock_timeout=50")
    other = Store(url)
    with filled.writing("made-up"), pytest.raises(StoreError, match="does not answer"):
        ingest(other, "made-up", reports({}), author="second")
    assert ingest(other, "made-up", reports({}), author="second").added == 1
    other.close()


def test_readers_do_not_wait_for_a_writer(filled: Store) -> None:
    with filled.writing("made-up") as connection:
        connection.execute(sa.text("select 1"))
        assert filled.crises() == ["made-up"]
        assert len(filled.rows("made-up", "sources.csv")) == 3


def test_before_its_first_intake_a_crisis_is_not_known(filled: Store) -> None:
    with pytest.raises(InputError, match="did not hold this crisis yet at 2001-01-01"):
        filled.crisis("made-up", recorded=datetime(2001, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("method", ["rows", "history"])
def test_an_unknown_file_is_named(filled: Store, method: str) -> None:
    given = ("made-up", "displacment.csv", {}) if method == "history" else ("made-up", "x.csv")
    with pytest.raises(InputError, match=r"no such file; known are places\.csv"):
        getattr(filled, method)(*given)


def test_a_key_has_the_columns_of_its_file(filled: Store) -> None:
    with pytest.raises(InputError, match=r"is no key column of displacement\.csv"):
        filled.history("made-up", "displacement.csv", {**KEY, "persons": "1"})


def test_a_history_is_as_of_a_day_too(filled: Store) -> None:
    later = {"persons": 9, "published": "2018-03-01"}
    ingest(filled, "made-up", reports({}, later), author="tester")
    for day, figures in (("2018-02-19", []), ("2018-02-20", [1200]), ("2018-03-01", [1200, 9])):
        found = filled.history("made-up", "displacement.csv", KEY, as_of=pd.Timestamp(day))
        assert found["persons"].tolist() == figures


def test_rows_of_one_place_are_those_of_the_crisis(filled: Store) -> None:
    whole = filled.crisis("made-up").reports
    for place in whole["place_id"].unique():
        found = filled.rows("made-up", "displacement.csv", place)
        expected = whole[whole["place_id"] == place].drop(columns="line").reset_index(drop=True)
        pd.testing.assert_frame_equal(found.drop(columns="entry"), expected)


def test_agreements_and_routes_hide_what_came_later(filled: Store) -> None:
    day = pd.Timestamp("2017-07-01")
    then = filled.crisis("made-up", as_of=day)
    for file, expected in (("agreements.csv", then.agreements), ("routes.csv", then.routes)):
        found = filled.rows("made-up", file, as_of=day).drop(columns="entry")
        pd.testing.assert_frame_equal(found, expected)
