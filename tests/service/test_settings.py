"""Settings: one object, from the environment, nothing misspelled passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import InputError
from service.settings import PREFIX, Settings, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NUZUH_DATABASE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_without_any_the_store_is_a_file_in_the_users_data(tmp_path: Path) -> None:
    assert load_settings().database == f"sqlite:///{tmp_path / 'nuzuh' / 'nuzuh.db'}"


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUZUH_DATABASE", "postgresql://db/nuzuh")
    assert load_settings().database == "postgresql://db/nuzuh"


def test_everything_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUZUH_DATABSE", "x")
    monkeypatch.setenv("NUZUH_DATABASE", "")
    with pytest.raises(InputError) as caught:
        load_settings()
    told = [str(finding) for finding in caught.value.findings]
    assert told[0].startswith(
        "NUZUH_DATABSE: sets nothing; did you mean 'NUZUH_DATABASE'?; settings are"
    )
    assert told[1].startswith("NUZUH_DATABASE: ")


def test_an_unknown_name_is_no_setting() -> None:
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        Settings(databse="x")


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    assert PREFIX.isupper()
