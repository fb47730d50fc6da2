"""`nuzuh demo`: the outlook of 4 May 2019 on the bundled crisis."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.emit import emit, progress, write_whole

CRISIS = "nw-syria"
AS_OF = "2019-05-04"
GATE = (
    "Turkey closed its last two official crossings to people who flee in March 2015, save for "
    "urgent medical cases (Human Rights Watch, 23 November 2015)."
)


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
    from service.outlook import make_outlook
    from service.outlook_html import outlook_html
    from service.outlook_text import outlook_text

    with progress("fitting, simulating, comparing"):
        outlook = make_outlook(load_crisis(CRISIS), pd.Timestamp(AS_OF), notes=(GATE,))
        text = outlook_text(outlook)
    with progress("drawing"):
        page = outlook_html(outlook)
    write_whole(out / "outlook.html", page.encode())
    write_whole(out / "forecast.json", outlook.document)
    emit(text.encode(), None)
    typer.echo(f"wrote {out / 'outlook.html'} and {out / 'forecast.json'}", err=True)


def _make_folder(out: Path) -> None:
    from features.errors import Finding, InputError

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"cannot be made a folder: {error.strerror}; choose another place"
        raise InputError(Finding("--out", why, value=str(out))) from None
