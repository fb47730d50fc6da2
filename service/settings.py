"""What can be set: one object, read from the environment once and passed on."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed

PREFIX = "NUZUH_"


def _default_database() -> str:
    """A file of its own in the user's data folder, the same from wherever nuzuh is called."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return f"sqlite:///{Path(data) / 'nuzuh' / 'nuzuh.db'}"


class Settings(BaseSettings):
    """Settings by name; `NUZUH_DATABASE` in the environment sets `database`, and so on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    database: str = Field(
        default_factory=_default_database,
        min_length=1,
        description="Where the store is: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    )


def load_settings() -> Settings:
    """The settings of the environment.

    Raises InputError for one that is wrong, and for a variable NUZUH_… that sets nothing.
    """
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    findings = [
        Finding(name, f"sets nothing{did_you_mean(name, known)}; settings are {listed(known)}")
        for name in sorted(os.environ)
        if name.upper().startswith(PREFIX) and name.upper() not in known
    ]
    try:
        found = Settings()
    except ValidationError as error:
        findings += [
            Finding(PREFIX + "_".join(map(str, wrong["loc"])).upper(), wrong["msg"])
            for wrong in error.errors()
        ]
    if findings:
        raise InputError(findings)
    return found
