"""The record of past forecasts in a crisis folder."""

from shutil import copytree

import pandas as pd
import pytest

from features.crisis import CRISES, load_crisis
from features.errors import InputError
from features.track_record import (
    COLUMNS,
    FILE,
    known_by,
    no_track_record,
    read_track_record,
    write_track_record,
)


def one_row() -> pd.DataFrame:
    values = {
        "as_of": pd.Timestamp("2019-01-31"),
        "member": "pool",
        "horizon": 1,
        "residual": 0.1,
        "scale": 0.5,
        "pit": 0.6,
        "pooled": True,
        "event": False,
        "kind": "forecast",
        "stream": "s",
        "score": 0.3,
        "target_published": pd.Timestamp("2019-03-10"),
    }
    return pd.DataFrame([values]).astype(COLUMNS)[list(COLUMNS)]


def test_a_folder_without_a_record_has_a_record_of_nothing(tmp_path):
    pd.testing.assert_frame_equal(read_track_record(tmp_path, "made-up"), no_track_record())


def test_what_was_written_is_read(tmp_path):
    write_track_record(tmp_path / FILE, one_row(), "made-up")
    pd.testing.assert_frame_equal(read_track_record(tmp_path, "made-up"), one_row())


def test_a_record_from_before_crises_were_written_into_it_is_read(tmp_path):
    one_row().to_parquet(tmp_path / FILE, index=False)
    pd.testing.assert_frame_equal(read_track_record(tmp_path, "made-up"), one_row())


def test_the_record_of_another_crisis_is_refused(tmp_path):
    write_track_record(tmp_path / FILE, one_row(), "nw-syria")
    with pytest.raises(InputError, match=r"is of crisis 'nw-syria'.*of 'made-up' did; take it out"):
        read_track_record(tmp_path, "made-up")


def test_a_bundled_crisis_under_another_id_has_no_record(tmp_path):
    folder = copytree(CRISES / "nw-syria", tmp_path / "copied")
    facts = folder / "crisis.toml"
    facts.write_text(facts.read_text("utf-8").replace('id = "nw-syria"', 'id = "copied"'), "utf-8")
    with pytest.raises(InputError, match="is of crisis 'nw-syria'"):
        load_crisis(folder)
    (folder / FILE).unlink()
    assert load_crisis(folder).track_record.empty


@pytest.mark.parametrize("content", [b"no parquet", None])
def test_any_other_file_is_refused_with_the_remedy(tmp_path, content):
    if content is None:
        one_row().drop(columns="pit").to_parquet(tmp_path / FILE, index=False)
    else:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError, match=r"track_record.parquet.*nuzuh backtest"):
        read_track_record(tmp_path, "made-up")


@pytest.mark.parametrize(("day", "rows"), [("2019-03-09", 0), ("2019-03-10", 1)])
def test_a_forecast_is_known_once_its_figure_is_published(day, rows):
    assert len(known_by(one_row(), pd.Timestamp(day))) == rows


def test_a_crisis_as_of_a_day_hides_later_records():
    crisis = load_crisis("nw-syria")
    day = pd.Timestamp("2018-12-31")
    assert (crisis.as_of(day).track_record["target_published"] <= day).all()
