"""Options that several commands share: one spelling, one help text."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How an answer is written."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"


class Step(StrEnum):
    """What a horizon counts."""

    month = "month"
    week = "week"


class Level(StrEnum):
    """Places of which level are listed."""

    admin1 = "admin1"
    admin2 = "admin2"
    admin3 = "admin3"
    camp = "camp"


CrisisOption = Annotated[
    str,
    typer.Option(
        "--crisis",
        metavar="NAME|DIR",
        help="A bundled crisis (see: nuzuh crisis list) or a folder of your own.",
    ),
]
AsOfOption = Annotated[
    str,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="The day to stand on, YYYY-MM-DD. Nothing published later is used.",
    ),
]
DrawsOption = Annotated[
    int, typer.Option("--draws", metavar="N", help="Sample paths, 100 to 100000.")
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", help="Same seed, same input: same bytes.")
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="table is for reading; parquet needs --out.")
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write here instead of to standard output."),
]
