"""The life of one alert: hold-off, hysteresis, unknown, flapping, latching, opening again.

Enters: an alert or none, what a rule found or that nothing trustworthy was heard, its setting, the time.
Leaves: the alert as it is now, and what happened to it. Never: resolves anything on silence or a missing value.
"""

import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

from ingest.alerts.model import GOOD, Alert, AlertKey, AlertState, Change, ChangeKind, Finding, RuleSetting, Value

FLIPS_MAX: Final = 21
"""Looks that flap damping remembers, as Nagios does. Larger: steady again is seen late. Smaller: chance flaps."""
FLIPS_LEAST: Final = 8
"""Looks before anything is called flapping. Larger: more messages before it is damped. Smaller: two changes flap."""
FLAPS_ABOVE: Final = 0.5
STEADY_BELOW: Final = 0.25
"""Shares of looks that differ from the one before; Kapacitor's thresholds."""

PENDING_UNKNOWN_MS: Final = 3_600_000
"""How long a fault that was not told of yet is remembered without a word of it. Larger: an old beginning is taken for
the beginning of a new fault. Smaller: a part that is heard now and then never fires."""

FAR: Final = 2**62


@dataclass(frozen=True, slots=True)
class LifeSettings:
    """What holds for all rules."""

    reopen_s: float = 4 * 3_600.0
    """How long after it was resolved a fault that returns is the same alert. Larger: two faults count as one. Smaller:
    a repair that did not hold looks like a new fault."""


class Lived(NamedTuple):
    """What a step came to."""

    alert: Alert | None
    """None: there is none (any more)."""
    changes: tuple[Change, ...] = ()


class Look(NamedTuple):
    """One look at a value that is known."""

    finding: Finding
    reached: int
    held: int
    at_ms: int
    """When the value was received."""
    now_ms: int
    is_upward: bool
    """Whether larger values are worse."""


def found(
    alert: Alert | None,
    key: AlertKey,
    finding: Finding,
    setting: RuleSetting,
    *,
    at_ms: int,
    now_ms: int,
    is_upward: bool = True,
) -> Lived:
    """A rule was looked at. `at_ms` is when the value was received; a value that is not known goes to `unheard`."""
    reached, held = finding.reached, finding.held
    if reached is None or held is None:
        kept = alert if alert is None or finding.memory is None else replace(alert, memory=finding.memory)
        return unheard(kept, now_ms)
    look = Look(finding, reached, held, at_ms, now_ms, is_upward)
    if alert is not None:
        seen, changes = _seen(alert, look)
        after = _after(seen, setting, look)
        return Lived(after.alert, (*changes, *after.changes))
    if reached == GOOD:
        return Lived(None)
    new = _new(key, look, setting)
    lived = _ripened(new, setting, now_ms)
    # Kept at once, so that a restart counts from its beginning.
    return lived if lived.changes else _one(ChangeKind.PENDING, new, now_ms, None)


def unheard(alert: Alert | None, now_ms: int) -> Lived:
    """Nothing trustworthy is heard of it: missing, stale, or the station is dark. This never resolves anything."""
    if alert is None:
        return Lived(None)
    if alert.state is AlertState.RESOLVED:
        # What was about to come back was not told of yet; it begins anew when it is heard again.
        return Lived(replace(alert, reached_since_ms=_none(alert)))
    # A clock that runs on silence would resolve on silence.
    still = replace(alert, held_since_ms=_none(alert), unknown_since_ms=_last_word_ms(alert))
    if alert.state is AlertState.PENDING:
        forget_ms = now_ms + PENDING_UNKNOWN_MS if alert.forget_ms is None else alert.forget_ms
        if now_ms >= forget_ms:
            return _one(ChangeKind.DROPPED, still, now_ms, alert)
        return Lived(replace(still, forget_ms=forget_ms))
    if alert.state is AlertState.UNKNOWN:
        return Lived(still)
    return _one(ChangeKind.WENT_UNKNOWN, replace(still, state=AlertState.UNKNOWN, changed_ms=now_ms), now_ms, alert)


def ripened(alert: Alert, setting: RuleSetting, settings: LifeSettings, now_ms: int) -> Lived:
    """What time alone brings, while the last value is still trusted: a level whose hold-off is over, or the end."""
    if alert.state is AlertState.RESOLVED and alert.resolved_ms is not None:
        is_quiet = all(since is None for since in alert.reached_since_ms)
        if is_quiet and now_ms - alert.resolved_ms >= settings.reopen_s * 1_000:
            return Lived(None, (Change(ChangeKind.EXPIRED, alert, now_ms, alert),))
    return _ripened(alert, setting, now_ms)


def due_ms(alert: Alert, setting: RuleSetting, settings: LifeSettings) -> int | None:
    """When `ripened` will have something to do; None: only a value can change it."""
    found: list[int] = []
    if alert.state is AlertState.RESOLVED and alert.resolved_ms is not None:
        found.append(alert.resolved_ms + int(settings.reopen_s * 1_000))
    if alert.state is AlertState.UNKNOWN or alert.unknown_since_ms is not None:
        return alert.forget_ms if alert.state is AlertState.PENDING else None
    fires = alert.state is AlertState.FIRING
    for level, since_ms in enumerate(alert.reached_since_ms):
        if since_ms is not None and level < len(setting.levels) and not (fires and level <= alert.level):
            found.append(since_ms + int(setting.levels[level].hold_s * 1_000))
    return min(found, default=None)


def confirmed(alert: Alert, now_ms: int) -> Lived:
    """A person was there and says that it is safe: from now on good readings may resolve it."""
    return _one(ChangeKind.CONFIRMED, replace(alert, confirmed_ms=now_ms), now_ms, alert)


def resolved_by(alert: Alert, who: str, now_ms: int) -> Lived:
    """Ended by a person. What is still bad fires again, after its hold-off, with the same id."""
    anew = replace(alert, reached_since_ms=_none(alert), held_since_ms=_none(alert), unknown_since_ms=None)
    if alert.state is AlertState.PENDING:
        return _one(ChangeKind.DROPPED, anew, now_ms, alert)
    return _resolve(anew, who, now_ms, alert)


def shifted(alert: Alert, by_ms: int) -> Alert:
    """As if the time in which the platform was blind had not passed."""
    return replace(
        alert,
        reached_since_ms=tuple(None if since is None else since + by_ms for since in alert.reached_since_ms),
        held_since_ms=tuple(None if since is None else since + by_ms for since in alert.held_since_ms),
        resolved_ms=None if alert.resolved_ms is None else alert.resolved_ms + by_ms,
        forget_ms=None if alert.forget_ms is None else alert.forget_ms + by_ms,
    )


def awoken(alert: Alert, now_ms: int) -> Alert:
    """After a restart: a fault that nobody was told of is to be seen once more before its hold-off goes on.

    Whether there was still a word of it when the process ended was not written.
    """
    if alert.state is not AlertState.PENDING:
        return alert
    return replace(alert, unknown_since_ms=_last_word_ms(alert), forget_ms=now_ms + PENDING_UNKNOWN_MS)


def alert_id(key: AlertKey, since_ms: int) -> str:
    """Of the fault and its beginning, so that a replay after a crash makes the same one."""
    return hashlib.blake2b("\n".join((*key, str(since_ms))).encode(), digest_size=6).hexdigest()


# ---- the steps ----


def _new(key: AlertKey, look: Look, setting: RuleSetting) -> Alert:
    levels = len(setting.levels)
    return Alert(
        key=key,
        id=alert_id(key, look.at_ms),
        state=AlertState.PENDING,
        severity=setting.levels[0].severity,
        level=0,
        since_ms=look.at_ms,
        changed_ms=look.now_ms,
        value=look.finding.value,
        value_ms=look.at_ms,
        worst=look.finding.value,
        reached_since_ms=tuple(look.at_ms if level <= look.reached else None for level in range(levels)),
        held_since_ms=(None,) * levels,
        flips="1",
        memory=look.finding.memory,
    )


def _seen(alert: Alert, look: Look) -> tuple[Alert, tuple[Change, ...]]:
    """The alert with the value taken in; nothing is decided yet but that something is known again."""
    finding, reached, at_ms = look.finding, look.reached, look.at_ms
    is_new = at_ms > alert.value_ms or alert.unknown_since_ms is not None
    flips = (alert.flips + ("1" if reached > GOOD else "0"))[-FLIPS_MAX:] if is_new else alert.flips
    seen = replace(
        alert,
        value=finding.value,
        value_ms=max(at_ms, alert.value_ms),
        worst=_worse(alert.worst, look),
        # A fault that is seen on both sides of a silence began where it was first seen.
        reached_since_ms=tuple(
            (at_ms if since is None else since) if level <= reached else None
            for level, since in enumerate(alert.reached_since_ms)
        ),
        held_since_ms=tuple(
            (at_ms if since is None else since) if level > look.held else None
            for level, since in enumerate(alert.held_since_ms)
        ),
        unknown_since_ms=None,
        forget_ms=None,
        confirmed_ms=None if reached > GOOD and at_ms > (alert.confirmed_ms or FAR) else alert.confirmed_ms,
        flips=flips,
        memory=finding.memory,
    )
    changes: list[Change] = []
    if alert.state is AlertState.UNKNOWN:
        known = replace(seen, state=AlertState.FIRING, changed_ms=look.now_ms)
        changes.append(Change(ChangeKind.KNOWN_AGAIN, known, look.now_ms, seen))
        seen = known
    # Judged once a reading: one that opens an alert again is judged by the next, however often it is looked at.
    share = _flip_share(seen.flips) if is_new else None
    if share is None:
        return seen, tuple(changes)
    if seen.state is AlertState.FIRING and not seen.is_flapping and share > FLAPS_ABOVE:
        seen = replace(seen, is_flapping=True)
        changes.append(Change(ChangeKind.FLAPPING, seen, look.now_ms, alert))
    elif seen.is_flapping and share < STEADY_BELOW:
        seen = replace(seen, is_flapping=False)
        changes.append(Change(ChangeKind.STEADY, seen, look.now_ms, alert))
    return seen, tuple(changes)


def _after(alert: Alert, setting: RuleSetting, look: Look) -> Lived:
    """What follows from a value that was taken in."""
    is_reached = alert.reached_since_ms[0] is not None
    if alert.state is AlertState.PENDING and not is_reached:
        return _one(ChangeKind.DROPPED, alert, look.now_ms, alert)
    up = _ripened(alert, setting, look.now_ms)
    if up.changes or alert.state is not AlertState.FIRING:
        return up
    clear = [since is not None and look.at_ms - since >= setting.clear_s * 1_000 for since in alert.held_since_ms]
    if clear[0] and not alert.is_flapping and (not setting.latched or alert.confirmed_ms is not None):
        return _resolve(alert, "readings", look.now_ms, alert)
    stays = max((level for level in range(alert.level + 1) if level == 0 or not clear[level]), default=0)
    return _eased(alert, setting, stays, look.now_ms) if stays < alert.level else Lived(alert)


def _ripened(alert: Alert, setting: RuleSetting, now_ms: int) -> Lived:
    """Fire, or fire worse, where a level has been reached for long enough."""
    if alert.unknown_since_ms is not None:
        return Lived(alert)
    ripe = [
        level
        for level, since_ms in enumerate(alert.reached_since_ms[: len(setting.levels)])
        if since_ms is not None and now_ms - since_ms >= setting.levels[level].hold_s * 1_000
    ]
    if not ripe:
        return Lived(alert)
    level = ripe[-1]
    severity = setting.levels[level].severity
    if alert.state is AlertState.FIRING:
        if level <= alert.level:
            return Lived(alert)
        risen = replace(alert, level=level, severity=severity)
        if severity is alert.severity:
            return Lived(risen)
        return _one(ChangeKind.WORSE, replace(risen, changed_ms=now_ms), now_ms, alert)
    is_back = alert.state is AlertState.RESOLVED
    firing = replace(
        alert,
        state=AlertState.FIRING,
        level=level,
        severity=severity,
        changed_ms=now_ms,
        fired_ms=alert.fired_ms if is_back else now_ms,
        resolved_ms=None,
        resolved_by="",
        confirmed_ms=None,
        reopened=alert.reopened + is_back,
    )
    return _one(ChangeKind.REOPENED if is_back else ChangeKind.FIRED, firing, now_ms, alert)


def _eased(alert: Alert, setting: RuleSetting, level: int, now_ms: int) -> Lived:
    severity = setting.levels[level].severity
    eased = replace(alert, level=level, severity=severity)
    if severity is alert.severity or alert.is_flapping:
        return Lived(eased if not alert.is_flapping else alert)
    return _one(ChangeKind.BETTER, replace(eased, changed_ms=now_ms), now_ms, alert)


def _resolve(alert: Alert, by: str, now_ms: int, before: Alert) -> Lived:
    over = replace(
        alert,
        state=AlertState.RESOLVED,
        changed_ms=now_ms,
        resolved_ms=now_ms,
        resolved_by=by,
        is_flapping=False,
    )
    return _one(ChangeKind.RESOLVED, over, now_ms, before)


def _one(kind: ChangeKind, alert: Alert, now_ms: int, before: Alert | None) -> Lived:
    return Lived(None if kind is ChangeKind.DROPPED else alert, (Change(kind, alert, now_ms, before),))


def _none(alert: Alert) -> tuple[None, ...]:
    return (None,) * len(alert.held_since_ms)


def _last_word_ms(alert: Alert) -> int:
    return alert.value_ms if alert.unknown_since_ms is None else alert.unknown_since_ms


def _worse(known: Value, look: Look) -> Value:
    """The most extreme of two values; of two that are no numbers, the one at which the rule was reached last."""
    value = look.finding.value
    if isinstance(known, float | int) and isinstance(value, float | int):
        return max(known, value) if look.is_upward else min(known, value)
    return value if look.reached > GOOD and value is not None else known


def _flip_share(flips: str) -> float:
    if len(flips) < FLIPS_LEAST:
        return 0.0
    return sum(one != other for one, other in pairwise(flips)) / (len(flips) - 1)
