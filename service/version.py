"""The version of nuzuh that runs."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def nuzuh_version() -> str:
    """The installed version, or that of the checkout where nothing is installed."""
    try:
        return version("nuzuh")
    except PackageNotFoundError:
        project = Path(__file__).resolve().parents[1] / "pyproject.toml"
        return str(tomllib.loads(project.read_text())["project"]["version"])
