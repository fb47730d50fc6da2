"""The command line. Errors that nuzuh raises on purpose become text and an exit code here."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from features.errors import InputError, NuzuhError
from service.commands.analogues import analogues
from service.commands.backtest import backtest
from service.commands.backup import backup, restore
from service.commands.crisis import app as crisis
from service.commands.demo import demo
from service.commands.forecast import forecast
from service.commands.ingest import ingest
from service.commands.key import app as key
from service.commands.outlook import outlook
from service.commands.reconcile import reconcile
from service.commands.release import app as release
from service.commands.scenario import app as scenario
from service.commands.schedule import app as schedule
from service.commands.serve import serve
from service.commands.stored import told
from service.commands.trigger import app as trigger
from service.commands.worker import worker
from service.errors import Conflict, NotFound


class Commands(TyperGroup):
    """A group whose commands end with the exit code of a NuzuhError, each finding on stderr."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except NuzuhError as error:
            lines = map(told, error.findings) if isinstance(error, InputError) else [str(error)]
            for line in lines:
                typer.echo(f"error: {line}", err=True)
            raise typer.Exit(_code(error)) from None


def _code(error: NuzuhError) -> int:
    """2 for what is not there or stands in the way, which the service alone tells apart."""
    wrong = isinstance(error, NotFound | Conflict)
    return InputError.exit_code if wrong else error.exit_code


app = typer.Typer(
    name="nuzuh",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.add_typer(crisis, name="crisis")
app.add_typer(scenario, name="scenario")
app.add_typer(key, name="key")
app.add_typer(trigger, name="trigger")
app.add_typer(schedule, name="schedule")
app.add_typer(release, name="release")
app.command("forecast")(forecast)
app.command("outlook")(outlook)
app.command("reconcile")(reconcile)
app.command("analogues")(analogues)
app.command("backtest")(backtest)
app.command("ingest")(ingest)
app.command("serve")(serve)
app.command("worker")(worker)
app.command("backup")(backup)
app.command("restore")(restore)
app.command("demo")(demo)


def _show_version(wanted: bool) -> None:
    if wanted:
        from service.version import nuzuh_version

        typer.echo(f"nuzuh {nuzuh_version()}")
        raise typer.Exit


@app.callback()
def nuzuh(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Forecast how many people attacks drive from their homes, and where they go.

    Start with: nuzuh demo

    Exit codes: 0 done, 2 wrong input, 3 too little data to say anything, 4 no answer of the store.
    """


def main() -> None:
    """Run the command line; the entry of the `nuzuh` command."""
    app(prog_name="nuzuh")
