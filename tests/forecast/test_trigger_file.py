from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from features.errors import InputError
from forecast.trigger_file import parse_trigger, read_trigger
from forecast.trigger_file import trigger_of as trigger_of_keys
from tests.forecast.triggers import OBSERVED, SOUND, trigger_of


def errors_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_trigger(text, "t.toml")
    return [str(finding) for finding in caught.value.findings]


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(SOUND)
    found = read_trigger(path).trigger
    assert found == trigger_of()
    assert (found.ahead, found.met_at) == ((1, "month"), 0.5)


def test_an_observed_rule_is_met_at_its_maximum() -> None:
    found = parse_trigger(OBSERVED).trigger
    assert (found.met_at, found.years, found.least) == (1.0, 1, 5000.0)
    assert parse_trigger(OBSERVED.replace("1 year", "3 years")).trigger.years == 3
    assert parse_trigger(OBSERVED.replace("floor = 5000\n", "")).trigger.least == 5000.0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("over = 50000", "over = 0", "t.toml:4: over '0'"),
        ("over = 50000", "over = nan", "t.toml:4: over 'nan': is no finite number"),
        ("over = 50000", 'over = "50000"', "t.toml:4: over '50000': is no number"),
        ('"1 month"', '"13 months"', "t.toml:5: within '13 months': is no window ahead"),
        ('"1 month"', '"27 weeks"', "t.toml:5: within '27 weeks': is no window ahead"),
        ('"1 month"', '"a while"', "t.toml:5: within 'a while': is no window ahead"),
        ("= 0.5", "= 1.0", "t.toml:6: probability '1.0'"),
        ("= 0.5", "= -0.1", "t.toml:6: probability '-0.1'"),
        ("= 0.4", "= 0.5", "t.toml:7: stand_down '0.5': must lie below probability (0.5)"),
        ("days = 0", "days = -1", "t.toml:8: suppress_days '-1'"),
        ("days = 0", "days = 1.5", "t.toml:8: suppress_days '1.5': is no whole number"),
        ("miss = 10.0", "miss = -1", "t.toml:9: cost_miss '-1'"),
        ('"forecast"', '"guess"', "t.toml:2: kind 'guess'"),
        ("title", "titel", "t.toml:1: titel: no such key; did you mean 'title'?"),
        ("= 0.5", '= 0.5\nmaximum = "1 year"', "t.toml:7: maximum '1 year': has no place in"),
        ("place =", "place", "t.toml:3: is no TOML from here on"),
        ("= 0.5", "= 40", "t.toml:6: probability '40': is too much; give less than 1"),
        ('"Half', '"\\u0007', "t.toml:1: title '\\x07 a hundred thousand': is blank or holds"),
        ('"Half', '"a\\nBcc: b', "t.toml:1: title"),
        ('"Half a hundred thousand"', '"  "', "t.toml:1: title '  ': is blank"),
        ('"Half', f'"{"x" * 300}', f"t.toml:1: title '{'x' * 80}': is too long; write at most 200"),
        ('"1 month"', f'"{"9" * 300}"', f"t.toml:5: within '{'9' * 80}': is no window"),
    ],
)
def test_every_error_names_its_line(old: str, new: str, told: str) -> None:
    assert old in SOUND
    assert any(error.startswith(told) for error in errors_of(SOUND.replace(old, new, 1)))


def test_all_errors_are_told_at_once_and_what_a_kind_lacks() -> None:
    assert len(errors_of("over = -1\nplace = ''\n")) == 9
    [error] = errors_of(SOUND.replace("probability = 0.5\n", ""))
    assert error == "t.toml: the kind 'forecast' needs probability; add it"
    [error] = errors_of(OBSERVED.replace('maximum = "1 year"\n', ""))
    assert "needs maximum" in error
    [error] = errors_of(SOUND.replace("= 10.0", "= 0").replace("= 2.0", "= 0"))
    assert "are both 0" in error


def test_keys_without_lines_are_told_by_their_pointers() -> None:
    with pytest.raises(InputError) as caught:
        trigger_of_keys({**tomllib.loads(SOUND), "over": -1, "deep": {"a": 1}}, "rule", {})
    told = [(finding.column, finding.line) for finding in caught.value.findings]
    assert told == [("/over", None), ("/deep", None)]


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_trigger(Path("none.toml"))


def test_levels_and_costs_do_not_change_the_event() -> None:
    sound = trigger_of()
    assert sound.same_event(trigger_of(probability=0.9, cost_miss=3.0, title="x"))
    assert not sound.same_event(trigger_of(over=1.0))
    assert not sound.same_event(trigger_of(place="N01"))
    assert not sound.same_event(trigger_of(within="4 weeks"))
