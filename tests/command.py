"""The command line, run in this process as a user runs it."""

from __future__ import annotations

from dataclasses import dataclass

from typer.testing import CliRunner

from service.cli import app


@dataclass(frozen=True)
class Said:
    """What a command wrote, and what it ended with."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.raw.decode()

    @property
    def errors(self) -> list[str]:
        """The errors told, without their mark."""
        mark = "error: "
        return [line.removeprefix(mark) for line in self.err.splitlines() if line.startswith(mark)]


def nuzuh(*words: object) -> Said:
    """Run `nuzuh` with these words; what it did not expect is raised here."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout_bytes, result.stderr)
