"""Plain numbers that stand for Prometheus' own until somebody reads."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric

from providers.call_record import CallRecord
from providers.records import Provider
from server.metrics import Metrics
from server.observation import Observation
from server.tallies import Durations, Tally
from tests.server.test_metrics import numbers

BOUNDS = (0.25, 0.5, 1.0)
TOOK = (0.0, 0.125, 0.25, 0.375, 0.5, 1.0, 1.5, 100.0)


def told(registry: CollectorRegistry) -> list[tuple[str, dict[str, str], float]]:
    metrics: list[Metric] = list(registry.collect())
    samples = [sample for metric in metrics for sample in metric.samples]
    return [
        (sample.name, sample.labels, sample.value)
        for sample in samples
        if not sample.name.endswith("_created")
    ]


def test_durations_are_told_as_if_each_had_been_observed() -> None:
    registry, wanted = CollectorRegistry(), CollectorRegistry()
    durations = Durations("took", "Took", ["by"], registry=registry, buckets=BOUNDS)
    histogram = Histogram("took", "Took", ["by"], registry=wanted, buckets=BOUNDS)
    for _ in range(2):
        for seconds in TOOK:
            durations.labels("a").note(seconds)
            histogram.labels("a").observe(seconds)
        for _ in range(2):
            durations.labels("a").hand_on()
            assert told(registry) == told(wanted)


def test_what_was_noted_is_handed_on_once_and_nought_is_told() -> None:
    registry = CollectorRegistry()
    counter = Counter("seen", "Seen", ["kind"], registry=registry)
    tally = Tally[str](counter.labels)
    for _ in range(2):
        tally.noted.update({"a": 2, "b": 0})
        tally.hand_on()
        tally.hand_on()
    assert told(registry) == [("seen_total", {"kind": "a"}, 4.0), ("seen_total", {"kind": "b"}, 0.0)]


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_count_is_there_for_others_when_it_is_counted(tmp_path: Path, *, is_alone: bool) -> None:
    metrics = Metrics(None if is_alone else tmp_path)
    record = CallRecord(Provider.FORGE, "GET /", 0.0, ms=20.0, verdict="RENEWAL", status=200)
    metrics.count(Observation(response="HIT", saved={"cache": 0}), 200, 0.1)
    metrics.count_reads([record])
    handed_on = [name for name, _, value in told(metrics.registry) if value]
    wanted = ["requests_total", "request_seconds_count", "responses_total", "provider_calls_total"]
    assert [f"mediagraph_{name}" in handed_on for name in wanted] == [not is_alone] * 4
    if is_alone:
        seen = numbers(metrics.written().decode())
        assert seen["mediagraph_requests_total", "200"] == 1
        assert seen["mediagraph_calls_saved_total", "cache"] == 0
        assert seen["mediagraph_responses_total", "HIT"] == 1
        assert seen["mediagraph_provider_calls_total", "FORGE", "GET /", "200", "RENEWAL"] == 1
        assert seen["mediagraph_provider_call_seconds_sum", "FORGE"] == 0.02
