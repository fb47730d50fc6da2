"""Jobs whose fits run on a Dask cluster: the same answers."""

from __future__ import annotations

import pytest

from service.answers import unheard
from service.jobs.jobs import Jobs, validated
from service.jobs.process import Fitter
from service.jobs.steps import make, unpacked
from service.store.store import Store
from tests.forecast.test_parallel import cluster
from tests.service.jobs.test_jobs import SCENARIO
from tests.service.jobs.workers import REQUEST

__all__ = ["cluster"]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "request_"), [("forecast", REQUEST), ("scenario", SCENARIO)])
def test_a_cluster_gives_the_same_bytes(
    cluster: object, jobs: Jobs, store: Store, url: str, kind: str, request_: dict[str, object]
) -> None:
    recorded = store.recorded("made-up").isoformat()
    asked = (url, kind, "made-up", recorded, validated(kind, request_).model_dump(mode="json"))
    fitter = Fitter()
    there = fitter.do(make, *asked, cluster.scheduler_address, told=unheard, seconds=120)
    fitter.end()
    here = fitter.do(make, *asked, None, told=unheard, seconds=120)
    fitter.close()
    assert unpacked(there) == unpacked(here)
