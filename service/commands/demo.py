"""`nuzuh demo`: the outlook of 4 May 2019 on the bundled crisis."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.commands.outlook import scenarios_of
from service.emit import emit, progress, write_whole

CRISIS = "nw-syria"
AS_OF = "2019-05-04"
LAST = "2019-04-04"


def demo(
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Folder for outlook.html and forecast.json."),
    ] = Path("demo"),
) -> None:
    """Print the outlook of 4 May 2019 for north-west Syria, and write it as a page to print.

    It stands on what was published by that day; a block "Afterwards" sets against it what came
    later.

    Example:

      nuzuh demo --out demo
    """
    _make_folder(out)
    import pandas as pd

    from features.crisis import load_crisis
    from service.outlook.build import build_outlook
    from service.outlook.render import render

    with progress("fitting, simulating, comparing"):
        crisis, day = load_crisis(CRISIS), pd.Timestamp(AS_OF)
        scenarios = scenarios_of(crisis, CRISIS, day, None)
        since = pd.Timestamp(LAST)
        outlook = build_outlook(crisis, day, scenarios=scenarios, since=since, later=True)
        text = render(outlook, "txt", "en")
    with progress("drawing"):
        page = render(outlook, "html", "en")
    write_whole(out / "outlook.html", page)
    write_whole(out / "forecast.json", outlook.document)
    emit(text, None)
    typer.echo(f"wrote {out / 'outlook.html'} and {out / 'forecast.json'}", err=True)


def _make_folder(out: Path) -> None:
    from features.errors import Finding, InputError

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"cannot be made a folder: {error.strerror}; choose another place"
        raise InputError(Finding("--out", why, value=str(out))) from None
