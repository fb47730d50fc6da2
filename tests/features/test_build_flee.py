"""Conflicts of the simulator Flee as crisis folders."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from features.crises.builders.flee.convert import build, main
from features.crises.builders.flee.places import slug
from features.crises.builders.flee.routes import Closure, open_spells
from features.crises.builders.nw_syria import write
from features.crisis import Crisis, load_crisis
from features.errors import InputError
from features.panel import build_panel
from tests.folders import wrong_in

SHARED = Path(__file__).parents[3] / "shared" / "data" / "flee"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the collected data (../shared/data/flee) is not there"
)

# A land with a war in two towns; people flee to two camps abroad and one at home.
FILES = {
    "input/sim_period.csv": "StartDate,2020-01-01\nLength,12\n",
    "input/locations.csv": """\
"#name","region","country","latitude","longitude","location_type","conflict_date","population"
"West_Camp","Left","Far_Land",1.5,2.5,"camp",,9000
"Old Town","Mid","Land",10.123456789,20,"conflict_zone",0,5000
"Hill","Mid","Land",11,21,"conflict_zone",3,
"Ford","Mid","Land",,,"town",,0
"Halt","Left","Far_Land",1,2,"forwarding_hub",,
"East_Camp","Right","Sand_Land",3,4,"camp",,700
"Yard","Mid","Land",12,22,"idpcamp",,300
""",
    "input/routes.csv": """\
#name1,name2,distance,forced_redirection
Old Town, Hill, 30.5, 0
Hill,Halt,40,
Halt,West_Camp,10,2
Ford,East_Camp,50,0
Hill,Old Town,25,0
""",
    "input/closures.csv": "#closure_type,name1,name2,closure_start,closure_end\n",
    "input/conflicts.csv": "#Day, Old Town, Hill, Nowhere,\n"
    + "".join(f"{day}, 1, {int(day in (4, 5, 9))}, 0, \n" for day in range(12)),
    "input/registration_corrections.csv": "West_Camp,2020-03-01,normalize\n",
    "validation/data_layout.csv": "total,refugees.csv\nWest_Camp,west.csv\nEast_Camp,east.csv\n\n",
    "validation/refugees.csv": """\
Date,Refugee_numbers
2020-01-01,100
2020-01-11,150
2020-02-25,400
2020-03-05,300
2020-03-20,320
""",
    "validation/west.csv": """\
#DateTime,People (border opens in January)
2020-01-01,100
2020-01-11,120
2020-01-12,120
2020-02-15,90
2020-03-05,50
2020-03-20,70
""",
    "validation/east.csv": "2020-01-01,0\n2020-01-31,200\n2020-02-15,260\n",
}

Flee = Callable[..., Path]
Built = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture
def flee(tmp_path: Path) -> Flee:
    """The made-up conflict with files replaced, or left out where None."""

    def make(changes: dict[str, str | None] | None = None) -> Path:
        for name, text in (FILES | (changes or {})).items():
            if text is not None:
                path = tmp_path / "war" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="")
        return tmp_path / "war"

    return make


@pytest.fixture
def built(flee: Flee) -> Built:
    """The tables of the converted conflict, every cell a text."""

    def make(changes: dict[str, str | None] | None = None) -> dict[str, pd.DataFrame]:
        texts = build(flee(changes), "war")
        return {
            name: pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
            for name, text in texts.items()
            if name.endswith(".csv")
        }

    return make


@pytest.fixture
def loaded(flee: Flee, tmp_path: Path) -> Callable[..., Crisis]:
    """The converted conflict as nuzuh reads it."""

    def make(changes: dict[str, str | None] | None = None) -> Crisis:
        write(build(flee(changes), "war"), tmp_path / "crisis")
        return load_crisis(tmp_path / "crisis")

    return make


def arrivals(tables: dict[str, pd.DataFrame], place: str) -> list[tuple[str, str, str]]:
    rows = tables["displacement.csv"]
    rows = rows[(rows["measure"] == "arrivals") & (rows["place_id"] == place)]
    return list(rows[["start", "end", "persons"]].itertuples(index=False, name=None))


def findings(source: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        build(source, "war")
    return [str(finding) for finding in caught.value.findings]


class TestDisplacement:
    def test_arrivals_are_the_rise_from_one_count_to_the_next(self, built: Built) -> None:
        assert arrivals(built(), "east-camp") == [
            ("2020-01-02", "2020-01-31", "200"),
            ("2020-02-01", "2020-02-15", "60"),
        ]

    def test_a_fall_is_no_arrivals_and_a_recount_is_left_out(self, built: Built) -> None:
        tables = built()
        assert arrivals(tables, "west-camp") == [
            ("2020-01-02", "2020-01-11", "20"),
            ("2020-01-12", "2020-01-12", "0"),
            ("2020-01-13", "2020-02-15", "0"),
            ("2020-03-06", "2020-03-20", "20"),
        ]
        rows = tables["displacement.csv"].query("place_id == 'west-camp' and persons == '0'")
        assert rows["note"].tolist() == [
            "",
            "the count fell by 30; departures are not told apart",
        ]

    @pytest.mark.parametrize(
        ("day", "left"),
        [("2020-02-15", 4), ("2020-02-16", 4), ("2020-03-05", 4), ("2020-04-01", 5)],
    )
    def test_a_window_holds_both_its_days(self, built: Built, day: str, left: int) -> None:
        tables = built({"input/registration_corrections.csv": f"West_Camp,{day}\n"})
        assert len(arrivals(tables, "west-camp")) == left

    def test_the_total_is_broken_by_a_recount_of_any_camp(self, built: Built) -> None:
        tables = built()
        assert arrivals(tables, "all-camps") == [
            ("2020-01-02", "2020-01-11", "50"),
            ("2020-01-12", "2020-02-25", "250"),
            ("2020-03-06", "2020-03-20", "20"),
        ]
        assert tables["areas.csv"][["area_id", "place_id", "share"]].values.tolist() == [
            ["all-camps", "west-camp", "1"],
            ["all-camps", "east-camp", "1"],
        ]

    def test_a_recount_of_the_total_leaves_the_camps_alone(self, built: Built) -> None:
        tables = built({"input/registration_corrections.csv": "name,date\ntotal,2020-01-20\n"})
        assert len(arrivals(tables, "west-camp")) == 5
        assert [start for start, *_ in arrivals(tables, "all-camps")] == [
            "2020-01-02", "2020-02-26", "2020-03-06",
        ]  # fmt: skip

    def test_every_count_is_a_stock(self, built: Built) -> None:
        rows = built()["displacement.csv"].query("measure == 'stock'")
        assert len(rows) == 5 + 6 + 3
        assert set(rows["direction"]) == {"within"}
        assert (rows["start"] == rows["end"]).all()
        last = rows[rows["place_id"] == "west-camp"].iloc[-1]
        assert (last["start"], last["persons"]) == ("2020-03-20", "70")

    def test_who_published_and_when(self, built: Built) -> None:
        tables = built()
        assert set(tables["displacement.csv"]["published"]) == {""}
        assert set(tables["displacement.csv"]["source"]) == {"UNHCR"}
        assert tables["sources.csv"].values.tolist() == [
            ["UNHCR", "7", "assumed", "51"],
            ["Flee", "0", "assumed", "30"],
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "2020-01-01,0\n2020-01-31,200\n2020-02-15,260",
            "# counted by hand\nDateTime,Réfugiés\n2020-01-01,0\n2020-01-31,200\n2020-02-15,260\n",
            ",\r\n2020-01-01,0\r\n2020-01-31,200\r\n2020-02-15,260\r\n",
            "\ufeffDate,Number\n01/01/2020, 0\n31/1/2020, 200\n15/02/2020, 260\n",
            '"2020-1-1","0"\n2020-01-31,200,"as printed"\n#2020-02-01,9\n2020-02-03,\n'
            "2020-02-15,260",
            "2020-02-15,260\n2020-01-01,0\n2020-01-31,200\n2020-01-31,200\n",
        ],
        ids=["bare", "comment", "blank header", "day first", "quoted", "out of order"],
    )
    def test_however_counts_are_written(self, built: Built, text: str) -> None:
        changes: dict[str, str | None] = {"validation/east.csv": text}
        assert arrivals(built(changes), "east-camp") == arrivals(built(), "east-camp")

    def test_of_two_counts_on_a_day_the_later_stands(self, flee: Flee) -> None:
        text = "2020-01-01,0\n2020-01-31,150\n2020-01-31,200\n"
        texts = build(flee({"validation/east.csv": text}), "war")
        assert (
            "2020-01-02,2020-01-31,arrivals,east-camp,destination,,200"
            in (texts["displacement.csv"])
        )
        assert "east.csv on 2020-01-31 (150, then 200)" in texts["SOURCES.md"]

    def test_several_files_of_a_camp_are_added_up(self, built: Built) -> None:
        changes: dict[str, str | None] = {
            "validation/data_layout.csv": "West_Camp,west.csv\nEast_Camp,east.csv,more.csv\n",
            "validation/more.csv": "2020-01-10,5\n2020-02-10,8\n",
        }
        tables = built(changes)
        assert arrivals(tables, "east-camp") == [
            ("2020-01-11", "2020-01-31", "200"),
            ("2020-02-01", "2020-02-10", "3"),
            ("2020-02-11", "2020-02-15", "60"),
        ]
        assert tables["areas.csv"].empty
        assert "all-camps" not in set(tables["displacement.csv"]["place_id"])

    def test_without_recounts_nothing_is_left_out(self, built: Built) -> None:
        tables = built({"input/registration_corrections.csv": None})
        assert len(arrivals(tables, "west-camp")) == 5
        assert len(arrivals(tables, "all-camps")) == 4


class TestAttacks:
    def test_runs_of_flagged_days_are_clipped_to_weeks(self, built: Built) -> None:
        rows = built()["attacks.csv"]
        assert rows[["start", "end", "place_id", "events"]].values.tolist() == [
            ["2020-01-01", "2020-01-03", "old-town", "3"],
            ["2020-01-04", "2020-01-10", "old-town", "7"],
            ["2020-01-05", "2020-01-06", "hill", "2"],
            ["2020-01-10", "2020-01-10", "hill", "1"],
            ["2020-01-11", "2020-01-12", "old-town", "2"],
        ]
        assert set(rows["kind"]) == {"conflict_flag"}
        assert set(rows["source"]) == {"Flee"}

    def test_they_are_known_on_their_last_day(self, loaded: Callable[..., Crisis]) -> None:
        attacks = loaded().attacks
        assert (attacks["published"] == attacks["end"]).all()
        assert attacks["published_assumed"].all()

    def test_intensities_are_added_up(self, built: Built) -> None:
        table = "#Day,Hill\n0,0.5\n1,0.25\n2,0\n3,1\n"
        rows = built({"input/conflicts.csv": table})["attacks.csv"]
        assert rows[["start", "end", "events"]].values.tolist() == [
            ["2020-01-01", "2020-01-02", "0.75"],
            ["2020-01-04", "2020-01-04", "1"],
        ]

    def test_a_week_without_a_flag_is_calm_not_unknown(self, built: Built) -> None:
        flags = "".join(f"{day},{int(day < 3)}\n" for day in range(12))
        rows = built({"input/conflicts.csv": f"#Day,Hill\n{flags}"})["attacks.csv"]
        assert rows[["start", "end", "place_id", "events"]].values.tolist() == [
            ["2020-01-01", "2020-01-03", "hill", "3"],
            ["2020-01-04", "2020-01-10", "war-home", "0"],
            ["2020-01-11", "2020-01-12", "war-home", "0"],
        ]

    def test_without_the_table_a_zone_is_flagged_from_its_date_on(self, built: Built) -> None:
        rows = built({"input/conflicts.csv": None})["attacks.csv"]
        days = rows.assign(events=rows["events"].astype(int)).groupby("place_id")["events"].sum()
        assert days.to_dict() == {"old-town": 12, "hill": 9}

    def test_a_crisis_without_flags_names_no_driver(self, loaded: Callable[..., Crisis]) -> None:
        period: dict[str, str | None] = {
            "input/conflicts.csv": None,
            "input/sim_period.csv": "StartDate,2020-01-01",
        }
        crisis = loaded(period)
        assert crisis.attack_source is None
        assert crisis.attacks.empty


class TestPlaces:
    def test_camps_stand_under_the_countries_that_take_people_in(
        self, loaded: Callable[..., Crisis]
    ) -> None:
        crisis = loaded()
        tree = crisis.places
        assert tree.roots == ["war"]
        assert tree.children("war") == ["war-home", "war-camps"]
        assert tree.children("war-home") == ["old-town", "hill", "ford"]
        assert {tree.name(place): tree.level(place) for place in tree.children("war-camps")} == {
            "Far Land": "external",
            "Sand Land": "external",
            "Land (camps)": "admin1",
        }
        assert tree.children("country-far-land") == ["west-camp", "halt"]
        assert tree.level("halt") == "community"
        assert tree.resolve("west camp", "camp") == ["west-camp"]
        assert crisis.focus == "war-camps"
        assert crisis.border_belt == ("west-camp", "east-camp", "yard")
        assert (crisis.id, crisis.title) == ("war", "Land: people in camps")

    def test_nothing_of_the_future_and_nothing_made_up(self, built: Built) -> None:
        rows = built()["places.csv"].set_index("place_id")
        assert set(rows["capacity"]) == {""}
        shown = rows.loc[["old-town", "hill", "ford", "west-camp"], ["lat", "population"]]
        assert shown.values.tolist() == [
            ["10.123457", "5000"],
            ["11", ""],
            ["", ""],
            ["1.5", ""],
        ]

    def test_columns_are_found_by_their_header(self, built: Built) -> None:
        text = """\
name,country,lon,lat,location_type,pop/cap,note
Camp A,Abroad,2,1,camp,,x
Town,Home,4,3,town,10,
Battle,Home,6,5,conflict_zone,20,
"""
        changes = dict.fromkeys(FILES, None) | {
            "input/sim_period.csv": FILES["input/sim_period.csv"],
            "input/locations.csv": text,
            "input/routes.csv": "name1,name2,distance\nTown,Camp A,5,,extra\n",
            "validation/data_layout.csv": "# name,file\nCamp A,a.csv\n",
            "validation/a.csv": "2020-01-01,1\n2020-02-01,2\n",
        }
        rows = built(changes)["places.csv"].set_index("place_id")
        assert rows.loc["battle", ["lat", "lon", "population"]].tolist() == ["5", "6", "20"]
        assert rows.loc["town", "parent_id"] == "war-home"

    def test_places_and_countries_may_share_names(self, loaded: Callable[..., Crisis]) -> None:
        text = """\
#name,region,country,latitude,longitude,location_type,conflict_date,population,extra
War,,War,1,2,camp,,,
Al_Mayom,,Land,1,2,conflict_zone,0,,
Al-Mayom,,Land,1,2,town,,,
Desert,,Sand,1,2,marker,,,
"""
        crisis = loaded(
            {
                "input/locations.csv": text,
                "input/routes.csv": "Al_Mayom,War,7\n",
                "input/conflicts.csv": None,
                "input/registration_corrections.csv": None,
                "validation/data_layout.csv": "total,refugees.csv\nWar,west.csv\n",
            }
        )
        tree = crisis.places
        assert crisis.border_belt == ("war-2",)
        assert tree.parent("war-2") == "country-war"
        assert tree.children("war-home") == ["al-mayom", "al-mayom-2"]
        assert tree.parent("country-sand") == "war"
        assert tree.parent("desert") == "country-sand"

    def test_a_counted_town_counts_as_a_camp(self, built: Built) -> None:
        layout = "Halt,west.csv\nEast_Camp,east.csv\n"
        rows = built(
            {
                "validation/data_layout.csv": layout,
                "input/registration_corrections.csv": "West_Camp,2020-03-01\n",
            }
        )
        assert rows["places.csv"].set_index("place_id").loc["halt", "level"] == "camp"
        assert len(arrivals(rows, "halt")) == 5

    @pytest.mark.parametrize(
        ("name", "id_"), [("Fassala-Mbera", "fassala-mbera"), (" Río  Negro_2", "río-negro-2")]
    )
    def test_slugs(self, name: str, id_: str) -> None:
        assert slug(name) == id_


class TestRoutes:
    def test_one_row_a_pair_and_the_shorter_of_two(self, built: Built) -> None:
        assert built()["routes.csv"].values.tolist() == [
            ["hill", "old-town", "25", "", ""],
            ["hill", "halt", "40", "", ""],
            ["halt", "west-camp", "10", "", ""],
            ["ford", "east-camp", "50", "", ""],
        ]

    @pytest.mark.parametrize(
        ("closure", "shut"),
        [
            ("country,Far_Land,Land,2,5", ["hill-halt"]),
            ("country, Land, Far_Land, 2, 5", ["hill-halt"]),
            ("location,Halt,Far_Land,2,5", ["hill-halt", "halt-west-camp"]),
            ("location,Halt,,2,5", ["hill-halt", "halt-west-camp"]),
            ("location,Halt,Hill,2,5", ["hill-halt"]),
            ("camp,East_Camp,,2,5", ["ford-east-camp"]),
            ("link,Hill,Old Town,2,5", ["hill-old-town"]),
            ("remove_forced_redirection,Halt,West_Camp,2,0", []),
        ],
    )
    def test_what_a_closure_shuts(self, built: Built, closure: str, shut: list[str]) -> None:
        rows = built({"input/closures.csv": f"{closure}\n"})["routes.csv"]
        spells = rows[rows[["open_from", "open_to"]].ne("").any(axis=1)]
        assert list(dict.fromkeys(spells["from_id"] + "-" + spells["to_id"])) == shut
        for _, route in spells.groupby(["from_id", "to_id"]):
            assert route[["open_from", "open_to"]].values.tolist() == [
                ["", "2020-01-02"],
                ["2020-01-06", ""],
            ]

    @pytest.mark.parametrize(
        ("closures", "spells"),
        [
            ([], [(None, None)]),
            ([(0, 22)], [(22, None)]),
            ([(5, 9)], [(None, 4), (9, None)]),
            ([(5, None)], [(None, 4)]),
            ([(0, None)], []),
            ([(20, 30), (5, 9)], [(None, 4), (9, 19), (30, None)]),
            ([(5, 20), (7, 9)], [(None, 4), (20, None)]),
            ([(5, 9), (9, 12)], [(None, 4), (12, None)]),
        ],
    )
    def test_spells_between_closures(
        self,
        closures: list[tuple[int, int | None]],
        spells: list[tuple[int | None, int | None]],
    ) -> None:
        assert open_spells([Closure("link", "a", "b", *days) for days in closures]) == spells

    def test_closures_and_routes_may_be_missing_or_bare(self, built: Built) -> None:
        tables = built({"input/closures.csv": None, "input/routes.csv": "Old Town,Hill,5\n"})
        assert tables["routes.csv"].values.tolist() == [["old-town", "hill", "5", "", ""]]


class TestFindings:
    def test_all_of_all_files_at_once(self, flee: Flee) -> None:
        source = flee(
            {
                "input/sim_period.csv": "StartDate,soon\n",
                "input/locations.csv": FILES["input/locations.csv"]
                + "Hill,,Land,95,0,town,,many\n,,Land,1,1,,,\n",
                "input/routes.csv": "Old Town,Hil,30\nHill,Hill,1\nHill,Ford,0\n",
                "input/closures.csv": "border,Land,Far_Land,0,0\ncountry,Land,Farland,0,0\n"
                "location,Hill,,9,4\n",
                "input/conflicts.csv": "#Day,Old Town,Elsewhere\n0,1\n0,x,1\n1,1,0,1\n",
                "input/registration_corrections.csv": "West_Camp,soon\nWest_Camp,1999\n"
                "Atlantis,2020-01-01\n",
                "validation/data_layout.csv": "total,refugees.csv\nWest_Camp,west.csv\n"
                "West_Camp,east.csv\nAtlantis,gone.csv\nEast_Camp\n",
                "validation/west.csv": "Date,Number\n2020-13-01,5\n2020-01-02,-3\n"
                '2020-01-03,"1,000"\n2020-01-04,2.5\n',
            }
        )
        told = findings(source)
        expected = [
            "input/locations.csv:9: latitude '95'",
            "input/locations.csv:9: population 'many'",
            "input/locations.csv:9: name 'Hill': the place is there already in line 4",
            "input/locations.csv:10: name ''",
            "input/locations.csv:10: location_type ''",
            "input/sim_period.csv:1: StartDate 'soon'",
            "input/routes.csv:1: name2 'Hil': no place of locations.csv is called so; did you mean",
            "input/routes.csv:2: name2 'Hill': leads to where it starts",
            "input/routes.csv:3: distance '0'",
            "input/closures.csv:1: closure_type 'border'",
            "input/closures.csv:2: name2 'Farland': no country of locations.csv is called so",
            "input/closures.csv:3: closure_end '4'",
            "input/conflicts.csv:1: Elsewhere 'Elsewhere': no place",
            "input/conflicts.csv:2: Elsewhere ''",
            "input/conflicts.csv:3: Old Town 'x'",
            "input/conflicts.csv:3: Day '0': the day is there already",
            "input/conflicts.csv:4: Day '1': a cell stands under no name",
            "validation/data_layout.csv:3: name 'West_Camp': is listed twice",
            "validation/data_layout.csv:4: name 'Atlantis'",
            "validation/gone.csv: the file is missing",
            "validation/data_layout.csv:5: file ''",
            "validation/west.csv:2: date '2020-13-01': is no day of the calendar",
            "validation/west.csv:3: count '-3'",
            "validation/west.csv:4: count '1,000': has its digits grouped",
            "validation/west.csv:5: count '2.5': is no whole number",
            "input/registration_corrections.csv:2: date '1999'",
            "input/registration_corrections.csv:3: name 'Atlantis'",
        ]
        for start in expected:
            assert any(one.startswith(start) for one in told), start
        assert [one for one in told if not one.startswith(tuple(expected))] == []
        assert len(told) == len(expected)

    @pytest.mark.parametrize(
        ("changes", "start"),
        [
            ({"input/locations.csv": "#name\n"}, "input/locations.csv: holds no location"),
            ({"input/locations.csv": "A,,B,1,1,camp,,\n"}, "input/locations.csv: holds camps only"),
            ({"input/sim_period.csv": "Length,3\n"}, "input/sim_period.csv: names no StartDate"),
            ({"validation/data_layout.csv": "total,refugees.csv\n"}, "validation/data_layout.csv"),
            ({"validation/data_layout.csv": None}, "validation/data_layout.csv: the file is"),
            ({"validation/east.csv": "Date,Number\n"}, "validation/data_layout.csv:3: file 'east"),
        ],
    )
    def test_one_at_a_time(self, flee: Flee, changes: dict[str, str | None], start: str) -> None:
        assert any(one.startswith(start) for one in findings(flee(changes)))

    def test_what_is_no_text(self, flee: Flee) -> None:
        source = flee()
        (source / "validation" / "east.csv").write_bytes(b"2020-01-01,\xff\n")
        assert findings(source) == [
            "validation/east.csv:1: byte 0xFF is not UTF-8; save the file as UTF-8"
        ]

    def test_a_folder_that_is_no_conflict(self, tmp_path: Path) -> None:
        told = findings(tmp_path)
        assert ["input" in told[0], "validation" in told[1]] == [True, True]

    def test_a_name_that_is_no_place_may_stand_unflagged(self, built: Built) -> None:
        assert "Nowhere" in FILES["input/conflicts.csv"]
        assert "nowhere" not in set(built()["attacks.csv"]["place_id"])


class TestCommand:
    def test_writes_a_folder_that_loads(
        self, flee: Flee, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out" / "crisis"
        assert main(["--source", str(flee()), "--out", str(out)]) == 0
        assert "displacement.csv: 23 rows" in capsys.readouterr().out
        assert wrong_in(out) == []
        assert load_crisis(out).id == "war"
        assert load_crisis(out).notes == ()

    def test_folders_as_fabflee_calls_them(self, flee: Flee, tmp_path: Path) -> None:
        source, out = flee(), tmp_path / "out"
        (source / "input" / "sim_period.csv").rename(source / "input" / "conflict_period.csv")
        (source / "input").rename(source / "input_csv")
        (source / "validation").rename(source / "source_data")
        assert main(["--source", str(source), "--out", str(out), "--id", "my-war"]) == 0
        assert load_crisis(out).focus == "my-war-camps"

    def test_the_same_inputs_give_the_same_bytes(self, flee: Flee) -> None:
        assert build(flee(), "war") == build(flee(), "war")

    @pytest.mark.parametrize("id_", ["My War", "war-", ""])
    def test_an_id_that_no_crisis_may_have(self, flee: Flee, tmp_path: Path, id_: str) -> None:
        arguments = ["--source", str(flee()), "--out", str(tmp_path / "out"), "--id", id_]
        assert main(arguments) == (2 if id_ else 0)

    def test_findings_go_to_standard_error(
        self, flee: Flee, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        source = flee({"validation/east.csv": None, "validation/west.csv": None})
        assert main(["--source", str(source), "--out", str(tmp_path / "out")]) == 2
        assert capsys.readouterr().err.count("the file is missing") == 2
        assert not (tmp_path / "out").exists()

    def test_says_where_everything_is_from(self, flee: Flee) -> None:
        source = flee(
            {
                "validation/else.csv": "2020-01-01,1\n",
                "input/closures.csv": "country,Land,Far_Land,0,4\n",
            }
        )
        told = build(source, "war")["SOURCES.md"]
        for said in (
            "| West Camp | 2020-02-16 | 2020-03-05 | 90 | 50 |",
            "| total | 2020-02-26 | 2020-03-05 | 400 | 300 |",
            "left alone: else.csv.",
            "in hindsight",
            "Capacity is blank",
            "2020-01-01 to 2020-01-12",
            "Home is Land",
            "country Land – Far_Land, day 0 to 4",
        ):
            assert said in told
        assert "{" not in told


def test_the_cells_are_the_camps_and_all_flags_drive_them(
    loaded: Callable[..., Crisis],
) -> None:
    panel = build_panel(loaded(), pd.Timestamp("2020-03-31"), pd.Timestamp("2020-04-30"))
    assert panel.cells == ("east-camp", "west-camp")
    assert panel.intensity is not None
    assert panel.intensity.weekly["west-camp"].tolist() == [3.0, 10.0]


def counted(source: Path, file: str) -> pd.Series:
    """Counts of a Flee file read in the plainest way, by day."""
    lines = (source / "validation" / file).read_text(encoding="utf-8").splitlines()
    pairs = [line.split(",") for line in lines if line[:1].isdigit()]
    days = pd.to_datetime([day for day, _ in pairs])
    return pd.Series([int(number) for _, number in pairs], index=days)


@pytest.fixture(scope="module", params=["mali", "burundi"])
def crisis(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Crisis:
    out = tmp_path_factory.mktemp("flee") / request.param
    assert main(["--source", str(SHARED / request.param), "--out", str(out)]) == 0
    return load_crisis(out)


@needs_shared
class TestSharedConflicts:
    def test_arrivals_sum_to_the_rises(self, crisis: Crisis) -> None:
        by_hand = {
            "mali": {
                "bobo-dioulasso": 1926,
                "niamey": 6624,
                "mentao": 10038 + (6905 - 5876),
                "abala": (18573 - 804) + (11387 - 11043),
            },
            "burundi": {"lusenda": 7332 + (17210 - 155)},
        }
        rows = crisis.reports[crisis.reports["measure"] == "arrivals"]
        sums = rows.groupby("place_id")["persons"].sum()
        for place, persons in by_hand[crisis.id].items():
            assert sums[place] == persons

    def test_every_camp_conserves_its_rises_but_for_recounts(self, crisis: Crisis) -> None:
        source = SHARED / crisis.id
        layout = (source / "validation" / "data_layout.csv").read_text().split()
        recounts = (source / "input" / "registration_corrections.csv").read_text()
        recounts = dict(
            line.replace('"', "").split(",")[:2] for line in recounts.splitlines() if line
        )
        assert len(recounts) == 5
        rows = crisis.reports.set_index("place_id")
        for name, file in (line.split(",") for line in layout[1:]):
            counts = counted(source, file)
            place = rows.loc[slug(name)]
            moved = place[place["measure"] == "arrivals"]
            rise = counts.diff().clip(lower=0).iloc[1:]
            broken = pd.Series(dtype=float)
            if name in recounts:
                broken = rise[rise.index >= recounts[name]].iloc[:1]
            assert moved["persons"].sum() == rise.sum() - broken.sum()
            assert len(moved) == len(rise) - len(broken)
            stock = place[place["measure"] == "stock"]
            assert stock["persons"].tolist() == counts.tolist()

    def test_windows_of_a_camp_follow_one_another(self, crisis: Crisis) -> None:
        moved = crisis.reports[crisis.reports["measure"] == "arrivals"]
        for _, rows in moved.sort_values("start").groupby("place_id"):
            assert (rows["start"].to_numpy()[1:] > rows["end"].to_numpy()[:-1]).all()
            assert (rows["start"] <= rows["end"]).all()

    def test_every_flagged_day_is_there(self, crisis: Crisis) -> None:
        table = pd.read_csv(
            SHARED / crisis.id / "input" / "conflicts.csv", skipinitialspace=True, index_col=0
        )
        assert crisis.attacks["events"].sum() == table.fillna(0).to_numpy().sum()
        assert crisis.attacks["start"].min() == crisis.reports["end"].min() or crisis.id != "mali"
        days = (crisis.attacks["end"] - crisis.attacks["start"]).dt.days + 1
        assert (days == crisis.attacks["events"]).all()

    def test_the_panel_speaks_of_camps_driven_by_every_flag(self, crisis: Crisis) -> None:
        day = {"mali": "2012-09-30", "burundi": "2015-12-31"}[crisis.id]
        panel = build_panel(crisis, pd.Timestamp(day), pd.Timestamp(day) + pd.Timedelta(days=92))
        assert sorted(panel.cells) == sorted(crisis.border_belt)
        assert panel.intensity is not None
        weekly = panel.intensity.weekly
        assert weekly.nunique(axis=1).eq(1).all()
        assert not panel.arrays.part.any()
