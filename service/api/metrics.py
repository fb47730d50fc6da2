"""What can be watched: requests, jobs, looks, the age of sources, in the form of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import SummaryMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from service.jobs.glance import Glance

METHODS = frozenset({"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Fits(Collector):
    """How many fits there were, of all workers, and of how many seconds."""

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0

    def collect(self) -> Iterable[SummaryMetricFamily]:
        """See Collector."""
        told = "Fits that ended, of all workers, and their seconds."
        yield SummaryMetricFamily("nuzuh_fit_seconds", told, self.count, self.seconds)


class Metrics:
    """The metrics of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "nuzuh_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "nuzuh_request_seconds",
            "Time to the answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._jobs = Gauge("nuzuh_jobs", "Jobs by status.", ("status",), registry=self.registry)
        self._waited = Gauge(
            "nuzuh_backlog_seconds",
            "How long the job that waits longest has waited; 0 where none waits.",
            registry=self.registry,
        )
        self._fits = Fits()
        self.registry.register(self._fits)
        self._ages = Gauge(
            "nuzuh_source_age_days",
            "Days since the last day that a source tells of.",
            ("crisis", "source", "file"),
            registry=self.registry,
        )

        self._unseen = Gauge(
            "nuzuh_trigger_look_age_seconds",
            "How long ago the trigger that waits longest was looked at; 0 where none is watched.",
            registry=self.registry,
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; a method that there is not is `OTHER`."""
        self._requests.labels(method if method in METHODS else "OTHER", route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self, jobs: Glance, ages: Iterable[tuple[str, str, str, int]], unseen: float) -> bytes:
        """All metrics, with the queue, (crisis, source, file, days) and triggers as they are now.

        `unseen` is in seconds.
        """
        from service.jobs.jobs import Status

        for status in get_args(Status):
            self._jobs.labels(status).set(jobs.by_status.get(status, 0))
        self._waited.set(jobs.waited)
        self._fits.count, self._fits.seconds = jobs.fits, jobs.fit_seconds
        self._unseen.set(unseen)
        self._ages.clear()
        for crisis, source, file, days in ages:
            self._ages.labels(crisis, source, file).set(days)
        return generate_latest(self.registry)
