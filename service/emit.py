"""Where answers and messages go: data to standard output or a file, the rest to stderr."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from features.errors import Finding, InputError


def emit(content: bytes, out: Path | None) -> None:
    """Write to standard output, or to a file that is either whole or not there."""
    if out is None:
        sys.stdout.flush()
        typer.echo(content, nl=False)
    else:
        write_whole(out, content)
        typer.echo(f"wrote {out} ({len(content):,} bytes)", err=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file by way of a temporary one beside it. Raises InputError when it cannot be."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def warn(messages: Iterable[str]) -> None:
    """Warnings to standard error, one a line."""
    for message in messages:
        typer.echo(f"warning: {message}", err=True)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """A spinner on standard error while something runs; nothing where that is no terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error that is told (done, all); None where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(path: Path, error: OSError) -> InputError:
    why = f"cannot be written: {error.strerror}; choose another place"
    return InputError(Finding(str(path), why))
