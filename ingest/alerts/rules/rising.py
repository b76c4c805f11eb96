"""Whether a cell heats itself up: the rate over minutes, from readings at any interval.

Enters: one slot at one instant, and the memory of the last look. Leaves: a finding with the next memory.
Never: trusts one clock alone, or takes a step for a rise.
"""

from typing import Final, NamedTuple

from pydantic_core import from_json, to_json

from gateway.payloads import Slot
from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.rule import StationRules
from ingest.alerts.taking_over import UNREADABLE

SAMPLES: Final = 12
"""Kept of a window. Larger: more to keep of each hot slot. Smaller: the halves of a window are told apart badly."""

HALF_SHARE: Final = 0.5
"""Of the rate over the window, what each of its halves must show. Larger: a noisy sensor hides a rise. Smaller: a step
(another battery, a sensor that settles) looks like one."""

GAP_MS: Final = 30 * 60_000
"""A pause of so long begins anew. Larger: a rate over an outage is told when it is long over. Smaller: stations that
report every ten minutes are never judged."""

_MINUTE_MS: Final = 60_000


class Instant(NamedTuple):
    """When a reading was, by both clocks."""

    sampled_ms: int
    received_ms: int

    def since(self, earlier: "Instant") -> int:
        """Ms between: the larger claim, so that neither a clock set back nor a delayed message makes a rate larger."""
        return max(self.sampled_ms - earlier.sampled_ms, self.received_ms - earlier.received_ms)


class _Sample(NamedTuple):
    at: Instant
    cell_c: float


def look(slot: Slot, part: str, at: Instant, rules: StationRules, memory: str | None) -> Finding | None:
    """What `cell_rising` says of a slot; None while it is off."""
    setting = rules.get("cell_rising")
    if setting is None:
        return None
    if slot.state == "empty":
        return Finding("cell_rising", part, GOOD, GOOD)
    if slot.cell_temp is None:
        return Finding("cell_rising", part, None, None, None, memory)
    if slot.cell_temp < setting.extra["above_c"]:
        return Finding("cell_rising", part, GOOD, GOOD)
    window_ms = setting.extra["window_s"] * 1_000
    samples = _kept(_read(memory, slot.battery), _Sample(at, slot.cell_temp), window_ms)
    rate = _rate(samples, window_ms)
    written = to_json([slot.battery, [[*sample.at, sample.cell_c] for sample in samples]]).decode()
    if rate is None:
        # Too short a time to tell: hot enough to be watched, and not known to be harmless.
        return Finding("cell_rising", part, None, None, None, written)
    return rules.measure("cell_rising", part, round(rate, 2), written)


def _read(memory: str | None, battery: str | None) -> list[_Sample]:
    """Nothing where it is about another battery, or was written by a version that wrote it otherwise."""
    if memory is None:
        return []
    try:
        known_battery, rows = from_json(memory)
        samples = [_Sample(Instant(int(sampled), int(received)), float(cell)) for sampled, received, cell in rows]
    except UNREADABLE:
        return []
    return samples if known_battery == battery else []


def _kept(samples: list[_Sample], newest: _Sample, window_ms: float) -> list[_Sample]:
    """The samples of the window and one before it, thinned, with the newest at the end."""
    if not samples:
        return [newest]
    last = samples[-1]
    if newest.at.sampled_ms == last.at.sampled_ms:  # the same reading again
        return samples
    if newest.at.sampled_ms < last.at.sampled_ms - window_ms or newest.at.since(last.at) > GAP_MS:
        return [newest]
    # The newest is always kept; the one before it makes room unless it is far enough from its own predecessor.
    if len(samples) > 1 and samples[-1].at.since(samples[-2].at) < window_ms / SAMPLES:
        samples = samples[:-1]
    samples = [*samples, newest]
    while len(samples) > 2 and newest.at.since(samples[1].at) >= window_ms:  # noqa: PLR2004 - a rate needs two
        samples = samples[1:]
    return samples


def _rate(samples: list[_Sample], window_ms: float) -> float | None:
    """K/min over the window, or over the half of it that does not rise with it; None: too short to tell yet."""
    first, newest = samples[0], samples[-1]
    if newest.at.since(first.at) < window_ms:
        return None
    middle = next(sample for sample in reversed(samples) if newest.at.since(sample.at) >= window_ms / 2)
    whole = _slope(first, newest)
    halves = [_slope(middle, newest)] if middle is first else [_slope(first, middle), _slope(middle, newest)]
    return whole if min(halves) >= whole * HALF_SHARE else min(halves)


def _slope(first: _Sample, last: _Sample) -> float:
    return (last.cell_c - first.cell_c) / max(1, last.at.since(first.at)) * _MINUTE_MS
