"""Backtests of the made-up land and of north-west Syria."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from features.crisis import Crisis, load_crisis
from features.errors import InputError, TooLittleData
from features.panel import Panel
from features.track_record import read_track_record
from forecast.backtest import Backtest, Task, backtest, predict_month
from forecast.members import members_named
from forecast.parallel import Processes
from forecast.result import QUANTILES
from forecast.scorecard import SCHEMA
from forecast.scores import wis
from forecast.seeds import random_state
from models.baselines import BASELINES, AttacksOnly
from models.simulation import AttackDrivenFlows
from tests.acled import with_acled
from tests.strategies import day, made_up, rewritten_after, without_attacks

FEW = 60
BASES = ("last_value", "ewm_6", "attacks_only")
AS_OF = day("2018-04-30")


def of_made_up(crisis: Crisis | None = None, **options: Any) -> Backtest:
    options = {"members": ("flow_state", *BASES), "draws": FEW, **options}
    first, last = options.pop("from_", day("2018-02-01")), options.pop("to", day("2018-05-31"))
    return backtest(made_up() if crisis is None else crisis, first, last, **options)


@cache
def whole() -> Backtest:
    return of_made_up()


@cache
def observed() -> Backtest:
    return of_made_up(attacks="observed")


def as_bytes(found: Backtest) -> bytes:
    return found.forecasts.to_csv(index=False).encode()


def test_every_target_has_every_quantile_and_the_mean_of_every_member():
    found = whole()
    assert list(found.forecasts.columns) == SCHEMA.names
    size = found.forecasts.groupby(["member", "report_id"]).size()
    assert (size == len(QUANTILES) + 1).all()
    assert len(size) == 4 * len(found.targets) == len(found.scores)
    assert set(found.forecasts["kind"]) == {"forecast"}
    assert (found.forecasts["value"] >= 0).all()
    quantiles = found.forecasts[found.forecasts["output_type"] == "quantile"]
    assert (quantiles.groupby(["member", "report_id"])["value"].diff().dropna() >= 0).all()


def test_rows_say_of_which_report_they_speak():
    found = whole()
    rows = found.forecasts.drop_duplicates(["member", "report_id"]).set_index("report_id")
    target = found.targets.set_index("report_id").loc[rows.index]
    pairs = {"location": "place_id", "target_start": "start", "target_end": "end"}
    for ours, theirs in [*pairs.items(), *((n, n) for n in ("measure", "source", "horizon"))]:
        assert (rows[ours] == target[theirs]).all()


def test_scores_can_be_worked_out_again_from_what_is_written(tmp_path):
    whole().write(tmp_path)
    rows = pd.read_parquet(tmp_path / "forecasts.parquet")
    wide = rows[rows["output_type"] == "quantile"].pivot(
        index=["member", "report_id"], columns="output_type_id", values="value"
    )
    wide = wide[[f"{level:g}" for level in QUANTILES]]
    targets = pd.read_csv(tmp_path / "targets.csv").set_index("report_id")
    persons = targets["persons"].loc[wide.index.get_level_values("report_id")].to_numpy()
    logged = wis(np.log1p(persons), np.log1p(wide.to_numpy(float))).total
    scores = pd.read_csv(tmp_path / "scores.csv").set_index(["member", "report_id"])
    assert scores["wis_log"].loc[wide.index].to_numpy() == pytest.approx(logged)
    assert scores["wis"].loc[wide.index].to_numpy() == pytest.approx(
        wis(persons, wide.to_numpy(float)).total
    )


def test_all_files_are_written_the_same_each_time(tmp_path):
    whole().write(tmp_path / "one")
    whole().write(tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [
        "attacks.csv",
        "forecasts.parquet",
        "scores.csv",
        "summary.json",
        "targets.csv",
        "track_record.parquet",
    ]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert pq.read_schema(tmp_path / "one" / "forecasts.parquet").names == SCHEMA.names
    assert json.loads((tmp_path / "one" / "summary.json").read_text()) == whole().summary
    assert len(read_track_record(tmp_path / "one", "made-up")) == len(whole().track_record)
    with pytest.raises(InputError, match="is of crisis 'made-up'"):
        read_track_record(tmp_path / "one", "another")


@settings(max_examples=6, deadline=None)
@given(other=rewritten_after(made_up(), AS_OF))
def test_nothing_published_later_changes_a_forecast(other):
    there = (whole().targets["as_of"] == AS_OF).to_numpy()
    task = Task(other, whole().targets, members_named(whole().draws), False, 3, FEW, seed=1)
    month = predict_month(task, AS_OF)
    for name, draws in whole().draws.items():
        assert month.draws[name].tobytes() == draws[:, there].tobytes()


def test_north_west_syria_is_forecast_from_what_was_known():
    crisis, options = load_crisis("nw-syria"), {"from_": day("2019-04-30"), "draws": 20}
    options |= {"to": options["from_"], "members": ("served", "attacks_only")}
    found = of_made_up(crisis, **options)
    after = crisis.reports["published"] > day("2019-04-30")
    reports = crisis.reports.assign(persons=crisis.reports["persons"].mask(after, 7.0))
    since = crisis.attacks["published"] > day("2019-04-30")
    attacks = crisis.attacks.assign(events=crisis.attacks["events"].mask(since, 1e4))
    changed = of_made_up(replace(crisis, reports=reports, attacks=attacks), **options)
    assert found.failures.empty
    assert as_bytes(changed) == as_bytes(found)
    assert not changed.scores["wis_log"].equals(found.scores["wis_log"])


def test_observed_attacks_change_what_minds_attacks_and_all_is_a_projection():
    assert set(observed().forecasts["kind"]) == set(observed().scores["kind"]) == {"projection"}
    assert observed().summary["kind"] == "projection"
    changed = {
        name: not np.array_equal(observed().draws[name], whole().draws[name])
        for name in whole().draws
    }
    assert changed == {
        "flow_state": True,
        "attacks_only": True,
        "last_value": False,
        "ewm_6": False,
    }


def test_observed_attacks_are_those_that_came_on_the_scale_of_the_day():
    crisis = made_up()
    later = crisis.attacks["start"] > AS_OF
    tenfold = replace(
        crisis, attacks=crisis.attacks.assign(events=crisis.attacks["events"].mask(later, 1e3))
    )
    options = {"from_": AS_OF, "to": AS_OF, "attacks": "observed", "members": ("attacks_only",)}
    usual, war = (of_made_up(each, **options) for each in (crisis, tenfold))
    driven = (usual.targets["place_id"] == "N01").to_numpy()
    more, less = (np.median(found.draws["attacks_only"], axis=0) for found in (war, usual))
    assert (more > 3.0 * less)[driven].all()


def test_attacks_are_scored_at_every_month_end_unless_they_were_given(tmp_path):
    found = whole()
    found.write(tmp_path)
    written = pd.read_csv(tmp_path / "attacks.csv", parse_dates=["as_of"])
    assert written["as_of"].unique().tolist() == sorted(found.targets["as_of"].unique())
    assert found.summary["attacks"]["events"]["n"] == 4 * 13
    assert observed().attacks.empty
    assert observed().summary["attacks"] == {"why": "attacks were given, not forecast"}


def test_where_nobody_counts_attacks_none_are_scored():
    found = of_made_up(without_attacks(), members=("ewm_6",), from_=AS_OF, to=AS_OF)
    assert found.attacks.empty
    assert set(found.summary["attacks"]) == {"why"}


def test_processes_give_the_same_bytes():
    found = of_made_up(executor=Processes(2))
    assert as_bytes(found) == as_bytes(whole())
    assert found.summary == whole().summary


def test_seeds_are_those_of_day_and_member_alone():
    first, alone = whole(), of_made_up(from_=AS_OF, to=AS_OF, members=("ewm_6",))
    there = (first.targets["as_of"] == AS_OF).to_numpy()
    assert alone.draws["ewm_6"].tobytes() == first.draws["ewm_6"][:, there].tobytes()
    states = {
        random_state(seed, when, name).bit_generator.state["state"]["state"]
        for seed in (1, 2)
        for when in (AS_OF, day("2018-05-31"))
        for name in ("a", "b")
    }
    assert len(states) == 8


@dataclass
class Faulty:
    """A member that goes wrong on one day, in one of many ways."""

    how: str
    name: str = "faulty"
    version: str = "1"

    def fit(self, panel: Panel) -> Faulty:
        self.bad = panel.day == AS_OF
        if self.bad and self.how == "too little":
            raise TooLittleData("nothing to fit")
        if self.bad and self.how == "singular":
            raise np.linalg.LinAlgError("singular matrix")
        return self

    def predict(self, reports: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
        assert "persons" not in reports
        figures = rng.lognormal(9.0, 1.0, size=(draws, len(reports)))
        if self.bad:
            figures[0, 0] = {"infinite": np.inf, "missing": np.nan, "negative": -1.0}[self.how]
        return figures


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("too little", "TooLittleData: nothing to fit"),
        ("singular", "LinAlgError: singular matrix"),
        ("infinite", "not finite"),
        ("missing", "not finite"),
        ("negative", "negative"),
    ],
)
def test_a_member_that_fails_in_a_month_is_recorded_left_out_and_counted(how, why):
    found = of_made_up(members={"faulty": Faulty(how), "ewm_6": BASELINES["ewm_6"]})
    assert found.failures[["as_of", "member"]].to_numpy().tolist() == [[AS_OF, "faulty"]]
    assert why in found.failures["why"].iat[0]
    faulty, whole_ = found.summary["members"]["faulty"], found.summary["members"]["ewm_6"]
    assert (faulty["failed_months"], whole_["failed_months"]) == (1, 0)
    missing = int((found.targets["as_of"] == AS_OF).sum())
    assert whole_["n"] - faulty["n"] == missing > 0
    assert faulty["relative_wis_log"]["pooled"]["n"] == faulty["n"]
    mine = found.forecasts[found.forecasts["member"] == "faulty"]
    assert not (mine["as_of"] == AS_OF).any()
    assert found.summary["failures"] == [
        {"as_of": "2018-04-30", "member": "faulty", "why": found.failures["why"].iat[0]}
    ]


def test_a_member_that_always_fails_has_no_score():
    found = of_made_up(
        members={"faulty": Faulty("too little"), **members_named(["ewm_6"])}, from_=AS_OF, to=AS_OF
    )
    assert found.summary["members"]["faulty"] == {"n": 0, "failed_months": 1}
    json.dumps(found.summary, allow_nan=False)


def test_without_a_single_forecast_there_is_too_little_data():
    with pytest.raises(TooLittleData, match=r"no member gave a single forecast.*nothing to fit"):
        of_made_up(members={"faulty": Faulty("too little")}, from_=AS_OF, to=AS_OF)


def test_what_is_served_stands_apart_in_the_summary():
    assert whole().summary["served"] is None
    served = of_made_up(members={"served": BASELINES["ewm_6"], **members_named(BASES)})
    assert served.summary["served"] is served.summary["members"]["served"]
    assert (
        served.summary["served"]["relative_wis_log"]["pooled"]["n"] == served.summary["served"]["n"]
    )


def test_a_bug_in_a_member_is_not_hidden():
    class Broken(Faulty):
        def fit(self, panel: Panel) -> Faulty:
            raise AttributeError("a bug")

    with pytest.raises(AttributeError, match="a bug"):
        of_made_up(members={"broken": Broken("")})


def test_the_track_record_tells_when_it_could_be_known():
    found = whole()
    record = found.track_record
    assert (record["target_published"] > record["as_of"]).all()
    first = found.targets.iloc[0]
    rows = record[(record["as_of"] == first["as_of"]) & (record["horizon"] == first["horizon"])]
    assert set(record["member"]) == {"flow_state", *BASES}
    assert "|".join(first[["source", "measure", "place_id", "direction", "from_id"]]) in set(
        rows["stream"]
    )
    assert record["score"].tolist() == found.scores["crps_log"].tolist()


def test_a_range_without_a_target_is_an_input_error():
    with pytest.raises(InputError, match=r"2030-01 … 2030-02.*published from 2017-02-21"):
        of_made_up(from_=day("2030-01-01"), to=day("2030-02-01"))
    with pytest.raises(InputError, match="is after --to"):
        of_made_up(from_=day("2018-05-01"), to=day("2018-02-01"))


def test_unknown_names_are_input_errors_before_any_work():
    with pytest.raises(InputError, match=r"did you mean 'ewm_6'") as error:
        of_made_up(members=("ewm_7", "nobody", "last_value"))
    assert len(error.value.findings) == 2
    with pytest.raises(InputError, match="forecast, observed"):
        of_made_up(attacks="seen")


def test_a_folder_that_cannot_be_made_is_an_input_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"--out.*cannot be made a folder"):
        whole().write(tmp_path / "file" / "out")


def test_acled_is_the_one_source_of_attacks(shared: Path):
    crisis = with_acled(load_crisis("nw-syria"), shared)
    assert set(crisis.attacks["source"]) == {"ACLED"} == {crisis.attack_source}
    assert (crisis.attacks["published"] - crisis.attacks["end"] == pd.Timedelta(days=7)).all()
    assert crisis.attacks.dtypes.equals(load_crisis("nw-syria").attacks.dtypes)
    found = backtest(
        crisis,
        day("2019-05-01"),
        day("2019-05-31"),
        members={"flow_state": AttackDrivenFlows(), "attacks_only": AttacksOnly()},
        attacks="observed",
        draws=FEW,
    )
    assert found.failures.empty
    assert found.summary["attack_source"] == "ACLED"
