"""What stands idle should take little memory, and start soon."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("scipy", "sklearn", "statsmodels", "xarray", "altair", "vl_convert", "weasyprint", "dask")


def test_the_service_does_not_load_what_only_fits_and_pictures_need() -> None:
    modules = "service.api.app, service.jobs.worker, service.jobs.warm, service.schedules.clockwork"
    code = f"import sys, {modules}\nprint(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(done.stdout.split())
