"""What is seen of the service from outside: Prometheus metrics and structured logs.

Labels and log fields are our own words only: route templates, methods, statuses, codes, verdicts. A path, a query or
a body never gets here, since it may hold a person's identifier.
"""

import json
import logging
import traceback
from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.settings import LogFormat
from engine.question import Decision, Verdict
from graph_model.errors import XinhengError

log = logging.getLogger("xinheng")
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
_OWN_FIELDS = "fields"


class Metrics:
    """The metrics of one application, in a registry of its own, so that several can live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "xinheng_http_requests",
            "Requests answered, by route template and status",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Seconds()
        self._registry.register(self._seconds)
        self._checks = Counter("xinheng_checks", "Checks decided, by verdict", ("verdict",), registry=self._registry)
        self._refusals = Counter("xinheng_refusals", "Refusals, by code", ("code",), registry=self._registry)
        self._version = Gauge("xinheng_data_version", "The latest version of the facts", registry=self._registry)
        ProcessCollector(registry=self._registry)
        self._answered: Tally[str] = Tally()
        self._decided: Tally[Verdict] = Tally()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        known = known_method(method)
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.observe(known, route, seconds)

    def counted(self, route: str, verdicts: Iterable[Verdict], seconds: float) -> None:
        """Count one request to the hot endpoint, and its decisions; they show in the next `text`."""
        self._seconds.observe("POST", route, seconds)
        self._answered[route] += 1
        for verdict in verdicts:
            self._decided[verdict] += 1

    def decided(self, results: Iterable[Decision | XinhengError]) -> None:
        """Count decisions by verdict, and the refusals among them by code."""
        for result in results:
            if isinstance(result, Decision):
                self._checks.labels(result.verdict).inc()
            else:
                self.refused(result.code)

    def refused(self, code: str) -> None:
        """Count one refusal."""
        self._refusals.labels(code).inc()

    def text(self, version: int) -> bytes:
        """Give all metrics in the Prometheus text format, with the data version of now."""
        self._version.set(version)
        for route, n in self._answered.items():
            self._requests.labels("POST", route, "200").inc(n)
        for verdict, n in self._decided.items():
            self._checks.labels(verdict).inc(n)
        self._answered.clear()
        self._decided.clear()
        return generate_latest(self._registry)


class Seconds(Collector):
    """How long requests took, as a histogram. For one thread: it counts without the locks of the library's own."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], list[int]] = {}
        self._sums: dict[tuple[str, str], float] = {}

    def observe(self, method: str, route: str, seconds: float) -> None:
        """Count one request."""
        labels = (method, route)
        if labels not in self._counts:
            self._counts[labels], self._sums[labels] = [0] * (len(_BUCKETS_S) + 1), 0.0
        self._counts[labels][bisect_left(_BUCKETS_S, seconds)] += 1
        self._sums[labels] += seconds

    def collect(self) -> Iterable[Metric]:
        """Give the histogram of each method and route."""
        told = HistogramMetricFamily(
            "xinheng_http_request_seconds", "Time from request to answer, in seconds", labels=("method", "route")
        )
        for labels, counts in self._counts.items():
            bounds = (*map(str, _BUCKETS_S), "+Inf")
            told.add_metric(labels, list(zip(bounds, accumulate(counts), strict=True)), self._sums[labels])
        yield told


def known_method(method: str) -> str:
    """Give the method, or `other`: a caller may send any word as one."""
    return method if method in _METHODS else "other"


def log_event(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log one event with its fields; the fields are ours and name no person."""
    log.log(level, event, extra={_OWN_FIELDS: fields})


def log_fault(error: BaseException, **fields: Any) -> None:
    """Log a fault of ours: its class and where it arose, without its message, which may quote what was sent."""
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    log_event("fault", logging.ERROR, error=type(error).__name__, frames=frames, **fields)


class EventFormatter(logging.Formatter):
    """One line an event: a JSON object, or plain text for a person at a terminal."""

    def __init__(self, form: LogFormat) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, event and fields; of an exception only its class."""
        fields: dict[str, Any] = dict(getattr(record, _OWN_FIELDS, {}))
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = record.exc_info[0].__name__
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        if self._form == "json":
            told = {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **fields}
            return json.dumps(told, ensure_ascii=False, default=str)
        words = " ".join(f"{name}={value}" for name, value in fields.items())
        return f"{at} {record.levelname.lower()} {record.getMessage()} {words}".rstrip()


def set_up_logging(form: LogFormat) -> None:
    """Send our log and uvicorn's to standard error in `form`. Called once, by whoever starts the service."""
    handler = logging.StreamHandler()
    handler.setFormatter(EventFormatter(form))
    for name in ("xinheng", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = ([], True) if name == "uvicorn.error" else ([handler], False)
        logger.setLevel(logging.INFO)
