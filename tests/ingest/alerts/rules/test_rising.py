"""A cell that heats itself up, at any report interval, and all that only looks like it."""

from collections.abc import Callable, Iterable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.catalogue import DEFAULT_RULES
from ingest.alerts.rules.rising import SAMPLES, Instant, look
from tests.ingest.alerts.rules.stories import cabinet, slot
from tests.ingest.making import MINUTE_MS, NOW_MS

Sample = tuple[int, float]
"""Ms since the story began, °C."""


def tell(
    samples: Iterable[Sample],
    *,
    battery: Callable[[int], str] = lambda _: "BT-1",
    received: Callable[[int], int] = lambda ms: ms,
) -> list[Finding]:
    """What the rule says at each reading, each look with the memory of the one before."""
    findings: list[Finding] = []
    for ms, cell_c in samples:
        part = cabinet(slot(1, state="charging", cell_temp=cell_c, battery=battery(ms))).slots[0]
        at = Instant(NOW_MS + ms, NOW_MS + received(ms))
        finding = look(part, "slot/1", at, DEFAULT_RULES, findings[-1].memory if findings else None)
        assert finding is not None
        findings.append(finding)
    return findings


def ramp(rate: float, interval_ms: int, from_c: float = 40, minutes: float = 6) -> list[Sample]:
    """A steady rise in K/min."""
    times = range(0, int(minutes * MINUTE_MS) + 1, interval_ms)
    return [(ms, min(125.0, from_c + rate * ms / MINUTE_MS)) for ms in times]


def reached(findings: Iterable[Finding]) -> list[int | None]:
    """Of each look."""
    return [finding.reached for finding in findings]


@pytest.mark.parametrize("interval_s", [10, 60, 90, 600])
def test_steady_rise_is_told_after_three_minutes(interval_s: int) -> None:
    """2.5 K/min above 40 °C: not known before three minutes, critical from the first reading after them on."""
    samples = ramp(2.5, interval_s * 1_000, minutes=12)
    for (ms, _), level in zip(samples, reached(tell(samples)), strict=True):
        assert level == (None if ms < 3 * MINUTE_MS else 0)


@pytest.mark.parametrize("interval_s", [10, 60])
def test_slow_rise_is_good(interval_s: int) -> None:
    """A charge in summer: 0.5 K/min is good once three minutes are known, and clear."""
    findings = tell(ramp(0.5, interval_s * 1_000))
    assert (findings[-1].reached, findings[-1].held, findings[-1].value) == (GOOD, GOOD, 0.5)


def test_rise_below_forty_degrees_is_no_matter() -> None:
    """A cold battery that comes in from the street warms up fast, and nothing is remembered of it."""
    findings = tell(ramp(5, MINUTE_MS, from_c=0, minutes=7))
    assert {(finding.reached, finding.memory) for finding in findings} == {(GOOD, None)}


@pytest.mark.parametrize("interval_s", [10, 60])
@pytest.mark.parametrize("step_at_s", [60, 120, 180, 240])
def test_step_is_no_rise(interval_s: int, step_at_s: int) -> None:
    """A sensor that settles, 9 K at once: not rising before it and not after it."""
    samples = [(ms, 41.0 if ms < step_at_s * 1_000 else 50.0) for ms in range(0, 8 * MINUTE_MS, interval_s * 1_000)]
    assert 0 not in reached(tell(samples))


def test_another_battery_begins_anew() -> None:
    """The slot was given a warmer battery: no rise from one to the other."""
    findings = tell(ramp(2.5, MINUTE_MS), battery=lambda ms: "BT-1" if ms < 2 * MINUTE_MS else "BT-2")
    assert reached(findings) == [None, None, None, None, None, 0, 0]


def test_the_same_reading_again_changes_nothing() -> None:
    """A repeat neither shortens nor lengthens the window."""
    samples = ramp(2.5, MINUTE_MS)
    twice = [sample for sample in samples for _ in range(2)]
    assert reached(tell(twice))[::2] == reached(tell(samples))
    assert reached(tell(twice))[1::2] == reached(tell(samples))


def test_clock_that_is_set_back_makes_no_rise() -> None:
    """1 K/min, and the station's clock is set back by 50 s: by ours there were 60 s between."""
    steps = count()
    samples = [(ms if ms < 3 * MINUTE_MS else ms - 50_000, cell_c) for ms, cell_c in ramp(1, MINUTE_MS)]
    findings = tell(samples, received=lambda _: next(steps) * MINUTE_MS)
    assert 0 not in reached(findings)


def test_clock_that_is_set_back_far_begins_anew() -> None:
    """An hour back: what is remembered lies in the future, and is forgotten."""
    findings = tell([*ramp(2.5, MINUTE_MS), *((ms - 60 * MINUTE_MS, cell_c) for ms, cell_c in ramp(0.1, MINUTE_MS))])
    assert reached(findings)[7:] == [None, None, None, GOOD, GOOD, GOOD, GOOD]


def test_messages_that_waited_make_no_rise() -> None:
    """Six minutes of readings that arrive at once are judged by when they were sampled."""
    findings = tell(ramp(1, MINUTE_MS), received=lambda _: 6 * MINUTE_MS)
    assert reached(findings) == [None, None, None, GOOD, GOOD, GOOD, GOOD]


def test_missing_temperature_keeps_the_memory() -> None:
    """One reading without a temperature is unknown, and the window goes on."""
    before = tell(ramp(2.5, MINUTE_MS, minutes=2))[-1]
    part = cabinet(slot(1, cell_temp=None)).slots[0]
    gap = look(part, "slot/1", Instant(NOW_MS, NOW_MS), DEFAULT_RULES, before.memory)
    assert gap is not None
    assert (gap.reached, gap.memory) == (None, before.memory)


@pytest.mark.parametrize("memory", ["", "7", '["a"]', '["b", [[1, 2]]]', '[null, [["x", 2, 40]]]', "[null, 7]"])
def test_memory_that_cannot_be_read_begins_anew(memory: str) -> None:
    """As after an upgrade: no rule stops, and the next readings are judged."""
    part = cabinet(slot(1, cell_temp=45)).slots[0]
    finding = look(part, "slot/1", Instant(NOW_MS, NOW_MS), DEFAULT_RULES, memory)
    assert finding == look(part, "slot/1", Instant(NOW_MS, NOW_MS), DEFAULT_RULES, None)


@given(st.lists(st.tuples(st.integers(0, 120_000), st.floats(40, 125)), max_size=60))
def test_memory_is_bounded(steps: list[tuple[int, float]]) -> None:
    """However often a station reports, a few samples are kept."""
    ms, samples = 0, []
    for pause_ms, cell_c in steps:
        ms += pause_ms
        samples.append((ms, cell_c))
    for finding in tell(samples):
        assert finding.memory is not None
        assert finding.memory.count("[") <= 2 * SAMPLES + 4
