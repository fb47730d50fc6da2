"""What can be set: one object, read from the environment once and passed on."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
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
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="The address that `nuzuh serve` listens on; beyond loopback a key is needed.",
    )
    port: int = Field(
        default=8000, ge=1, le=65_535, description="The port that `nuzuh serve` listens on."
    )
    rate: str = Field(
        default="600/minute", description="How often one key may ask, as 600/minute or 20/second."
    )
    failure_rate: str = Field(
        default="10/minute", description="How often one address may show a key that is not valid."
    )
    most_megabytes: int = Field(
        default=64, ge=1, le=4096, description="The longest body of a request, in megabytes."
    )
    workers: int = Field(
        default=1,
        ge=0,
        le=64,
        description="Jobs done at once by this process, each in a process beside.",
    )
    job_seconds: int = Field(
        default=1800,
        ge=1,
        le=86_400,
        description="How long the fit of a job may take; then it fails.",
    )
    most_jobs: int = Field(
        default=20, ge=1, le=10_000, description="How many jobs of one key may wait or run."
    )
    most_draws: int = Field(
        default=10_000,
        ge=2000,
        le=100_000,
        description="The most draws that may be asked for; 10,000 take a gigabyte or two.",
    )
    dask: str | None = Field(
        default=None,
        min_length=1,
        description="A Dask scheduler, such as tcp://HOST:8786, that fits; else this machine.",
    )
    smtp_host: str | None = Field(
        default=None, min_length=1, description="The mail server that outlooks are handed in at."
    )
    smtp_port: int = Field(default=587, ge=1, le=65_535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the way to it is encrypted; none is for a relay on this machine.",
    )
    smtp_username: str | None = Field(
        default=None, min_length=1, description="Who hands in; without it nobody logs in."
    )
    smtp_password: SecretStr | None = Field(default=None, description="The password for it.")
    smtp_sender: str | None = Field(
        default=None, min_length=3, description="The address that outlooks come from."
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="What the secrets of all webhooks are drawn from, 32 characters or more; "
        "NEW OLD signs with both.",
    )
    webhook_networks: str = Field(
        default="",
        description="Private networks that webhooks may lead to, as in 10.1.0.0/16 fd00::/8.",
    )
    outlooks: Path | None = Field(
        default=None, description="The folder that holds the folders which outlooks are put into."
    )

    @field_validator("webhook_networks")
    @classmethod
    def _check_networks(cls, value: str) -> str:
        for one in value.split():
            ip_network(one)
        return value


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
