"""The bundled crisis nw-syria: how it is built, and what is checked in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from features.crises.builders import delays, displacement, nw_syria, places, weekly
from features.crises.builders.csvs import number_text, read_rows
from features.crises.builders.spellings import Spellings
from features.crisis import CRISES, load_crisis
from features.errors import InputError
from features.places import Places
from tests.folders import wrong_in

CRISIS = CRISES / "nw-syria"
SHARED = Path(__file__).parents[3] / "shared" / "data"
DATED = ["attacks.csv", "displacement.csv"]
UNTIL = pd.Timestamp("2019-11-30")

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the collected data (../shared/data) is not there"
)


def event(start: str, end: str = "", **changes: object) -> dict[str, str]:
    row = {
        "date_start": start,
        "date_end": end or start,
        "date_prec": "1",
        "admin1_pcode": "SY07",
        "admin2_pcode": "SY0702",
        "fatalities_best": "3",
        "civilians_killed": "1",
    }
    return row | {name: str(value) for name, value in changes.items()}


def weeks(*events: dict[str, str], until: str = "2019-11-30") -> pd.DataFrame:
    used = weekly.usable_events(pd.DataFrame(list(events)), pd.Timestamp(until))
    return weekly.weekly_counts(used, pd.Timestamp("2016-01-01"), pd.Timestamp(until))


class TestWeekly:
    def test_a_week_runs_from_saturday_to_friday(self) -> None:
        counts = weeks(event("2019-05-04"), event("2019-05-10"), event("2019-05-11"))
        assert counts["start"].dt.strftime("%m-%d").tolist() == ["05-04", "05-11"]
        assert counts["end"].dt.strftime("%m-%d").tolist() == ["05-10", "05-17"]
        assert counts["events"].tolist() == [2, 1]
        assert counts["fatalities"].tolist() == [6, 3]

    def test_year_totals_are_left_out(self) -> None:
        counts = weeks(event("2019-05-04"), event("2019-01-01", "2019-12-31", date_prec=5))
        assert counts["fatalities"].tolist() == [3]

    def test_an_event_of_ten_days_is_spread_over_them(self) -> None:
        counts = weeks(event("2019-05-09", "2019-05-18", date_prec=2, fatalities_best=20))
        assert counts["fatalities"].tolist() == pytest.approx([4, 14, 2])
        assert counts["events"].tolist() == pytest.approx([0.2, 0.7, 0.1])

    def test_an_event_dated_to_the_month_is_spread_however_short(self) -> None:
        counts = weeks(event("2019-05-09", "2019-05-12", date_prec=4))
        assert counts["events"].tolist() == pytest.approx([0.5, 0.5])

    def test_an_event_of_a_week_stays_in_the_week_of_its_first_day(self) -> None:
        counts = weeks(event("2019-05-09", "2019-05-15", date_prec=3))
        assert counts["start"].tolist() == [pd.Timestamp("2019-05-04")]
        assert counts["events"].tolist() == [1]

    def test_the_first_and_last_week_are_clipped_to_the_days_covered(self) -> None:
        counts = weeks(event("2016-01-01"), event("2019-11-30"), event("2019-12-01"))
        assert counts["start"].tolist() == [pd.Timestamp("2016-01-01"), pd.Timestamp("2019-11-30")]
        assert counts["end"].tolist() == counts["start"].tolist()

    @pytest.mark.parametrize(
        ("admin1", "admin2", "place"),
        [
            ("SY07", "SY0702", "SY0702"),
            ("SY06", "SY0603", "SY0603"),
            ("SY07", "", "SY-elsewhere"),
            ("SY11", "SY1101", "SY11"),
            ("SY11", "", "SY11"),
            ("", "", "SY-elsewhere"),
        ],
    )
    def test_districts_in_the_north_west_and_governorates_elsewhere(
        self, admin1: str, admin2: str, place: str
    ) -> None:
        counts = weeks(event("2019-05-04", admin1_pcode=admin1, admin2_pcode=admin2))
        assert counts["place_id"].tolist() == [place]

    @needs_shared
    def test_totals_are_conserved(self) -> None:
        used = weekly.usable_events(read_rows(SHARED / nw_syria.EVENTS), UNTIL)
        counts = weekly.weekly_counts(used, pd.Timestamp("2016-01-01"), UNTIL)
        assert counts[weekly.COUNTS].sum().tolist() == pytest.approx(
            used[weekly.COUNTS].sum().tolist(), abs=1e-6
        )


def spellings() -> Spellings:
    table = pd.DataFrame(
        [("Northern Syria", "region", "north", ""), ("Idleb (governorate)", "", "SY07", "so")],
        columns=["published", "level", "place_id", "note"],
    )
    units = pd.DataFrame(
        [("SY07", "Idleb", "admin1"), ("SY0700", "Idleb", "admin2")],
        columns=["place_id", "name", "level"],
    )
    return Spellings(table, units)


class TestSpellings:
    def test_a_mapped_spelling_and_a_p_code_are_found(self) -> None:
        known = spellings()
        assert known.find("f.csv", 2, "Northern Syria", "region") == ("north", "")
        assert known.find("f.csv", 3, "Idleb (governorate)") == ("SY07", "so")
        assert known.find("f.csv", 4, "Idleb", "governorate", "SY07") == ("SY07", "")
        known.check()

    def test_every_unknown_spelling_is_listed_once(self) -> None:
        known = spellings()
        known.find("f.csv", 2, "Atlantis", "region")
        known.find("f.csv", 3, "Atlantis", "region")
        known.find("f.csv", 4, "Northern Syria")
        with pytest.raises(InputError) as caught:
            known.check()
        assert [finding.line for finding in caught.value.findings] == [2, 4]
        assert "Atlantis" in str(caught.value)

    @pytest.mark.parametrize(
        ("name", "level", "pcode"),
        [
            ("Hama", "governorate", "SY07"),
            ("Idleb", "governorate", "SY0700"),
            ("Idleb", "governorate", "SY99"),
        ],
    )
    def test_a_p_code_that_is_not_the_name_is_an_error(
        self, name: str, level: str, pcode: str
    ) -> None:
        known = spellings()
        known.find("f.csv", 2, name, level, pcode)
        with pytest.raises(InputError, match=pcode):
            known.check()


FLOW = {
    "period_start": "2019-05-01", "period_end": "2019-05-31", "measure": "arrivals",
    "admin_level": "region", "place": "Northern Syria", "pcode": "", "direction": "total",
    "persons": "100", "source": "OCHA", "published": "2019-06-20", "url": "", "note": "",
    "window": "stated",
}  # fmt: skip
PAIR = {
    "period_start": "2019-05-01", "period_end": "2019-05-31", "measure": "arrivals",
    "origin": "Idleb (governorate)", "destination": "Idleb (governorate)", "persons": "7",
    "source": "OCHA", "published": "", "url": "", "note": "'about'",
}  # fmt: skip
STOCK = {
    "date": "2019-05-31", "place": "Idleb (governorate)", "persons": "9", "source": "OCHA",
    "published": "", "url": "", "note": "",
}  # fmt: skip
REGISTERED = {
    "date": "2019-06-30", "place": "Turkey", "persons": "3622748", "source": "IOM/DGMM", "url": "",
    "note": "quarterly", "date_precision": "approximate",
}  # fmt: skip
EXTRA = {
    "start": "2019-05-01", "end": "2019-05-31", "measure": "arrivals", "place_id": "north",
    "direction": "within", "from_id": "", "persons": "100", "low": "", "high": "",
    "source": "OCHA", "published": "", "url": "", "note": "", "window": "stated",
}  # fmt: skip


def build_reports(
    folder: Path, flows: list[dict[str, str]], extra: list[dict[str, str]] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    told = {"idp_flows": flows, "idp_od_flows": [PAIR], "idp_stock": [STOCK]}
    told["refugees_turkey"] = [
        REGISTERED,
        REGISTERED | {"source": "FLEE/FabFlee (UNHCR)"},
        REGISTERED | {"place": "Turkey (camps)"},
    ]
    for name, rows in told.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    added = pd.DataFrame(extra or [], columns=list(EXTRA))
    return displacement.reports(folder, added, spellings(), UNTIL)


class TestDisplacement:
    def test_the_register_of_all_who_are_abroad_and_nothing_made_of_it(
        self, tmp_path: Path
    ) -> None:
        rows, _ = build_reports(tmp_path, [FLOW])
        [found] = rows[rows["place_id"] == "TUR"].to_dict("records")
        assert (found["persons"], found["source"]) == ("3622748", "DGMM")
        assert (found["note"], found["window"]) == ("via IOM; quarterly", "inferred")
        assert found["start"] == found["end"] == "2019-06-30"

    def test_rows_of_all_files(self, tmp_path: Path) -> None:
        rows, messages = build_reports(tmp_path, [FLOW | {"measure": "spontaneous_returns"}])
        found = rows[rows["place_id"] != "TUR"].set_index("measure")
        assert found.loc["returns", ["place_id", "direction"]].tolist() == ["north", "within"]
        assert found.loc["arrivals", ["from_id", "direction"]].tolist() == ["SY07", "destination"]
        assert found.loc["stock", ["start", "direction"]].tolist() == ["2019-05-31", "within"]
        assert found.loc["arrivals", "note"] == "'about'; so; so"
        assert not messages

    def test_a_contradiction_stays_and_an_identical_row_does_not(self, tmp_path: Path) -> None:
        rows, messages = build_reports(tmp_path, [FLOW, FLOW, FLOW | {"persons": "200"}])
        arrivals = rows.loc[rows["direction"] == "within", "persons"].tolist()
        assert arrivals == ["100", "200", "9", "3622748"]
        assert messages == [
            "left out, wholly identical: OCHA arrivals north within 2019-05-01 2019-05-31 100"
        ]

    def test_a_figure_that_is_there_is_not_added_again(self, tmp_path: Path) -> None:
        extra = [EXTRA, EXTRA | {"persons": "101"}]
        rows, messages = build_reports(tmp_path, [FLOW], extra)
        assert sorted(rows.loc[rows["place_id"] == "north", "persons"]) == ["100", "101"]
        assert [text.split(":")[0] for text in messages] == ["not added, is there already"]

    def test_what_ends_later_is_left_out_but_not_what_was_published_later(
        self, tmp_path: Path
    ) -> None:
        late = FLOW | {"period_end": "2019-11-30", "published": "2020-02-05"}
        rows, _ = build_reports(tmp_path, [late, FLOW | {"period_end": "2019-12-01"}])
        assert rows.loc[rows["place_id"] == "north", "published"].tolist() == ["2020-02-05"]

    def test_two_spellings_must_not_become_one_key(self, tmp_path: Path) -> None:
        governorate = FLOW | {"place": "Idleb", "admin_level": "governorate", "pcode": "SY07"}
        region = FLOW | {"place": "Idleb (governorate)", "admin_level": ""}
        with pytest.raises(InputError, match="become one key"):
            build_reports(tmp_path, [governorate, region])

    def test_an_unmapped_spelling_stops_the_build(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="Atlantis"):
            build_reports(tmp_path, [FLOW | {"place": "Atlantis"}])

    @pytest.mark.parametrize(
        ("note", "coverage"),
        [
            ("400 communities; Idleb", "400"),
            ("weekly; 113 of 1,183 communities", "113"),
            ("140 of 161 assessed communities", "140"),
            ("1,024 communities", "1024"),
            ("34,403 families", ""),
        ],
    )
    def test_coverage_is_read_from_the_note(self, tmp_path: Path, note: str, coverage: str) -> None:
        rows, _ = build_reports(tmp_path, [FLOW | {"note": note}])
        assert rows.loc[rows["place_id"] == "north", "coverage"].tolist() == [coverage]


class TestDelays:
    def report(self, end: str, published: str, **changes: str) -> dict[str, str]:
        row = {"source": "A", "start": "2019-01-01", "end": end, "published": published}
        return row | changes

    def test_a_delay_is_the_median_over_distinct_short_dated_windows(self) -> None:
        rows = [
            self.report("2019-01-31", "2019-02-10"),
            self.report("2019-01-31", "2019-02-10"),
            self.report("2019-02-28", "2019-03-20"),
            self.report("2019-03-31", "2019-04-30"),
            self.report("2019-03-31", ""),
            self.report("2019-12-31", "2019-12-31"),
        ]
        found = delays.sources(pd.DataFrame(rows), [], _assumed(A="99"))
        assert found.to_numpy().tolist() == [["A", "20", "measured", "90"]]

    def test_too_few_dated_windows_leave_the_assumed_delay(self) -> None:
        rows = [self.report("2019-01-31", "2019-02-10")] * 3
        found = delays.sources(pd.DataFrame(rows), ["B"], _assumed(A="9", B="7.5"))
        assert found["delay_days"].tolist() == ["9", "7.5"]
        assert found["basis"].tolist() == ["assumed", "assumed"]

    def test_a_source_without_any_delay_is_an_error(self) -> None:
        rows = pd.DataFrame([self.report("2019-01-31", "")])
        with pytest.raises(InputError, match="'A'"):
            delays.sources(rows, [], _assumed())


def _assumed(**days: str) -> pd.DataFrame:
    return pd.DataFrame({"source": list(days), "delay_days": list(days.values())}, dtype=str)


def test_places_take_parents_and_arabic_names_from_the_gazetteer() -> None:
    columns = ["name", "type", "pcode", "lat", "lon", "name_ar"]
    gazetteer = pd.DataFrame(
        [
            ("Idleb", "subdistrict", "SY070000", "35.924012", "36.57183", "مركز إدلب"),
            ("Idleb", "district", "SY0700", "35.9", "36.8", ""),
            ("Idleb", "governorate", "SY07", "35.9", "36.6", ""),
            ("Lattakia", "governorate", "SY06", "35.6", "36.0", ""),
            ("Atme", "article_place", "", "36.3", "36.7", ""),
        ],
        columns=columns,
    )
    above = ["place_id", "name", "parent_id", "level", "lat", "lon"]
    extra = pd.DataFrame(
        [("SYR", "Syria", "", "region", "", ""), ("SY-NW", "North-west", "SYR", "region", "", "")],
        columns=above,
    )
    aliases = pd.DataFrame({"place_id": ["SY070000"], "aliases": ["Idlib;إدلب"]})
    people = pd.DataFrame({"place_id": ["SY07"], "population": ["12"]})
    found = places.places(gazetteer, extra, aliases, people).set_index("place_id")
    assert found.index.tolist() == ["SYR", "SY-NW", "SY06", "SY07", "SY0700", "SY070000"]
    assert found["parent_id"].tolist() == ["", "SYR", "SYR", "SY-NW", "SY07", "SY0700"]
    assert found.loc["SY070000", "aliases"] == "Idlib;إدلب;مركز إدلب"
    assert found.loc["SY070000", "lat"] == "35.924"
    assert found["population"].tolist() == ["", "", "", "12", "", ""]


@pytest.mark.parametrize(
    ("number", "text"), [(2.0, "2"), (0.0, "0"), (1 / 3, "0.333"), (100.0, "100"), (0.1, "0.1")]
)
def test_numbers_are_written_without_needless_digits(number: float, text: str) -> None:
    assert number_text(number) == text


class TestBuilder:
    @needs_shared
    def test_the_folder_is_what_the_builder_writes(self, tmp_path: Path) -> None:
        assert nw_syria.main(["--source", str(SHARED), "--out", str(tmp_path)]) == 0
        built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        kept = {name: (CRISIS / name).read_bytes() for name in built}
        assert sorted(name for name in built if built[name] != kept[name]) == []
        assert len(built) == 8

    @needs_shared
    def test_nothing_after_an_earlier_last_day(self, tmp_path: Path) -> None:
        until = "2019-06-12"
        texts, _ = nw_syria.build(SHARED, pd.Timestamp(until))
        nw_syria.write(texts, tmp_path)
        for name in DATED:
            assert read_rows(tmp_path / name)["end"].max() <= until
        agreements = read_rows(tmp_path / "agreements.csv")
        assert agreements["announced"].max() == until
        assert agreements["collapsed"].max() == "2019-04-29"

    @needs_shared
    def test_unmapped_spellings_are_exit_2_all_listed_and_nothing_is_written(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.copytree(SHARED / "displacement", tmp_path / "displacement")
        (tmp_path / "displacement").chmod(0o755)
        for name, column in {"idp_flows": "place", "idp_od_flows": "origin"}.items():
            path = tmp_path / "displacement" / f"{name}.csv"
            rows = read_rows(path)
            rows.loc[0, column] = f"Atlantis of {name}"
            path.unlink()
            rows.to_csv(path, index=False)
        out = tmp_path / "out"
        assert nw_syria.main(["--source", str(tmp_path), "--out", str(out)]) == 2
        told = capsys.readouterr().err
        assert "Atlantis of idp_flows" in told
        assert "Atlantis of idp_od_flows" in told
        assert not out.exists()

    def test_a_missing_source_is_exit_2_and_nothing_is_written(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        assert nw_syria.main(["--source", str(tmp_path), "--out", str(out)]) == 2
        assert "gazetteer.csv" in capsys.readouterr().err
        assert not out.exists()


@pytest.fixture(scope="module")
def folder() -> dict[str, pd.DataFrame]:
    return {path.name: read_rows(path) for path in CRISIS.glob("*.csv")}


class TestCheckedIn:
    def test_the_loader_finds_nothing_wrong(self) -> None:
        assert [str(finding) for finding in wrong_in(CRISIS)] == []

    def test_it_loads_with_its_belt_and_drivers(self) -> None:
        crisis = load_crisis("nw-syria")
        assert crisis.reference == "OCHA IDP Task Force"
        assert crisis.places.ancestors("SY070301-atme") == [
            "SY070301",
            "SY0703",
            "SY07",
            "SY-NW",
            "SYR",
        ]
        assert set(crisis.border_belt) <= set(crisis.places.at_level("admin3", "SY-NW"))
        flow_state = crisis.models["flow_state"]
        assert set(flow_state["drivers"]) == set(flow_state["cells"])
        for named in flow_state["drivers"].values():
            members = [place for one in named for place in crisis.members(one)]
            assert len(members) == len(set(members))
        assert set(flow_state["event_triggered"]) <= set(crisis.sources.index)

    def test_nothing_ends_after_the_last_day(self, folder: dict[str, pd.DataFrame]) -> None:
        assert [folder[name]["end"].max() for name in DATED] == ["2019-11-30"] * 2
        dates = folder["agreements.csv"][["announced", "effective", "collapsed"]]
        assert dates.max().max() <= "2019-11-30"

    def test_every_row_has_a_listed_source(self, folder: dict[str, pd.DataFrame]) -> None:
        listed = set(folder["sources.csv"]["source"])
        for name in DATED:
            assert set(folder[name]["source"]) <= listed
        assert listed <= set(folder["attacks.csv"]["source"]) | set(
            folder["displacement.csv"]["source"]
        )

    def test_no_row_of_acled_or_airwars(self) -> None:
        for path in [*CRISIS.glob("*.csv"), CRISIS / "crisis.toml"]:
            text = path.read_text(encoding="utf-8").lower()
            assert "acled" not in text
            assert "airwars" not in text

    def test_every_place_of_the_article_is_resolved_or_listed(
        self, folder: dict[str, pd.DataFrame]
    ) -> None:
        named = read_rows(nw_syria.TABLES / "article_places.csv")
        attacked = folder["attacks.csv"]
        attacked = set(attacked.loc[attacked["source"] == "AA", "place_id"])
        told = (CRISIS / "SOURCES.md").read_text(encoding="utf-8")
        tree = _tree(folder)
        assert len(named) == 20
        assert named.loc[named["place_id"] == "", "name"].tolist() == [
            "Al-Mintar", "Al-Sahr", "Al-Uramye",
        ]  # fmt: skip
        for name, place in zip(named["name"], named["place_id"], strict=True):
            assert f"| {name} | {place} |" in told
            assert not place or place in attacked
            if place and tree.level(place) == "community":
                assert place in tree.resolve(name)

    def test_the_spellings_of_the_article_and_of_both_scripts(
        self, folder: dict[str, pd.DataFrame]
    ) -> None:
        tree = _tree(folder)
        for text in ("Idlib", "Idleb", "إدلب"):
            assert tree.resolve(text, "admin1") == ["SY07"]
        for text in ("Aleppo", "Halab", "حلب"):
            assert tree.resolve(text, "admin1") == ["SY02"]
        assert tree.resolve("Kafranbude") == ["SY050204-kafr-nabuda"]
        assert tree.resolve("Latemne") == ["SY050501-lataminah"]

    def test_the_reports_of_spring_2019(self, folder: dict[str, pd.DataFrame]) -> None:
        reports = folder["displacement.csv"]
        article = reports[reports["url"].str.startswith("Anadolu Agency")]
        told = {
            (row.start, row.end, row.persons, row.source, row.published, row.window)
            for row in article.itertuples()
        }
        assert told == {
            ("2019-02-01", "2019-04-30", "138500", "UN", "2019-05-04", "stated"),
            ("2019-04-01", "2019-04-30", "32500", "UN", "2019-05-04", "stated"),
            ("2019-02-09", "2019-04-06", "160583", "SIC", "2019-05-04", "stated"),
            ("2019-04-25", "2019-05-03", "42000", "SIC", "2019-05-04", "inferred"),
        }
        assert article["note"].str.contains("same campaign as").all()

    def test_every_attacked_place_is_on_one_front(self, folder: dict[str, pd.DataFrame]) -> None:
        areas, attacks = folder["areas.csv"], folder["attacks.csv"]
        fronts = areas[areas["area_id"].str.startswith("front-")]
        assert not fronts["place_id"].duplicated().any()
        attacked = attacks.loc[attacks["source"] == "UCDP GED", "place_id"]
        assert set(attacked) <= set(fronts["place_id"])

    def test_weeks_of_attacks_are_short_and_of_one_kind(
        self, folder: dict[str, pd.DataFrame]
    ) -> None:
        attacks = folder["attacks.csv"]
        ucdp = attacks[attacks["source"] == "UCDP GED"]
        assert set(ucdp["kind"]) == {"lethal"}
        assert not ucdp.duplicated(["start", "place_id"]).any()
        days = pd.to_datetime(ucdp["end"]) - pd.to_datetime(ucdp["start"])
        whole = ~ucdp["start"].isin(["2016-01-01", "2019-11-30"])
        assert set(days[whole].dt.days) == {6}
        assert set(pd.to_datetime(ucdp.loc[whole, "start"]).dt.day_name()) == {"Saturday"}


def _tree(folder: dict[str, pd.DataFrame]) -> Places:
    return Places(folder["places.csv"].assign(capacity_source=""))
