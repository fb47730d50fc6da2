"""Run benchmarks one after the other, show what they print, and write it to `docs/benchmarks.md`.

    python -m benchmarks._record backtest places workers

Each runs in a process of its own. Nothing is written when one fails.
"""

from __future__ import annotations

import ast
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "scikit-learn")
BUSY = 0.5


def main(names: Sequence[str]) -> None:
    """Run the benchmarks of these names and write the page."""
    start, about = time.monotonic(), machine()
    printed = {}
    for name in names:
        print(f"benchmarks.{name}", flush=True)
        printed[name] = shown(name)
    minutes = (time.monotonic() - start) / 60
    PAGE.write_text(page(printed, about, minutes), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(HERE.parent)} after {minutes:.1f} minutes")


def shown(name: str) -> str:
    """What a benchmark prints, shown as it comes. Ends the program where the benchmark fails."""
    words = [sys.executable, "-m", f"benchmarks.{name}"]
    lines = []
    with subprocess.Popen(words, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"benchmarks.{name} ended with exit code {process.returncode}")
    return "".join(lines)


def page(printed: Mapping[str, str], about: str, minutes: float) -> str:
    """The page of what each benchmark printed, under what its module says of itself."""
    parts = [
        "# Benchmarks",
        f"The last `make bench`, of {date.today():%Y-%m-%d}, as it was printed; it took "
        f"{minutes:.0f} minutes and wrote this page. Compare ratios: seconds are this machine's.",
        about,
    ]
    for name, lines in printed.items():
        told = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8")))
        parts += [f"## {name}", told or "", f"```\n{lines.rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def machine() -> str:
    """What it runs on, and whether anything else does."""
    cores = len(os.sched_getaffinity(0))
    held = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[0]
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    state = "busy with other work" if load > BUSY else "quiet"
    return (
        f"Machine: {processor()}, {cores} cores, {held:.0f} GB, {platform.system()}; Python "
        f"{platform.python_version()}, {libraries}. When it began the machine was {state} (load "
        f"{load:.1f})."
    )


def processor() -> str:
    """Name of the processor, where the system tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main(sys.argv[1:])
