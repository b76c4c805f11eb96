"""The words of messages: severities, parts, units, things to bring, times and values, in Chinese and English.

Enters: what alerts hold. Leaves: words for a phone. Never: a word from outside as it came: it is escaped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from ingest.alerts.markdown import escaped
from ingest.alerts.model import Severity
from ingest.alerts.payload import RuleWords
from ingest.alerts.records import Bring

ArticleName = Callable[[str], tuple[str, str] | None]
"""Chinese and English name of an article by its sku; None: not in the catalogue."""

SEVERITIES: Final[Mapping[str, Mapping[Severity, str]]] = {
    "zh": {
        Severity.INFO: "提示",
        Severity.WARNING: "警告",
        Severity.CRITICAL: "严重",
        Severity.EMERGENCY: "紧急",
    },
    "en": {
        Severity.INFO: "Info",
        Severity.WARNING: "Warning",
        Severity.CRITICAL: "Critical",
        Severity.EMERGENCY: "EMERGENCY",
    },
}

_PARTS: Final = {
    "zh": {"slot": "{} 号仓", "cabinet": "换电柜", "box": "药箱", "door": "药箱门"},
    "en": {"slot": "slot {}", "cabinet": "cabinet", "box": "medicine box", "door": "box door"},
}
_UNITS: Final = {
    "zh": {"batteries": "块", "connects": "次", "times": "次", "days": "天", "h": "小时", "min": "分钟", "s": "秒"},
    "en": {
        "batteries": "ready",
        "connects": "connects",
        "times": "times",
        "days": "d",
        "h": "h",
        "min": "min",
        "s": "s",
    },
}
_PIECES: Final = {"pieces", "× minimum"}
_SHARES: Final = {"× capacity", "× entered", "× stations"}
_THINGS: Final = {
    "zh": {
        "battery": "电池",
        "batteries": "充好的电池",
        "thermometer": "温度计",
        "lock": "门锁",
        "fan": "风扇",
        "gateway": "网关",
        "counter": "客流计数器",
        "tester": "验电笔",
        "extinguisher": "灭火器",
    },
    "en": {
        "battery": "battery",
        "batteries": "charged batteries",
        "thermometer": "thermometer",
        "lock": "door lock",
        "fan": "fan",
        "gateway": "gateway",
        "counter": "people counter",
        "tester": "voltage tester",
        "extinguisher": "fire extinguisher",
    },
}
VALUE_MAX: Final = 40
"""Characters of a value in words, such as a slot's fault. Larger: it pushes the address off the screen."""
MINUTE_MS: Final = 60_000
HOUR_MIN: Final = 60
DAY_MIN: Final = 1_440


@dataclass(frozen=True, slots=True)
class Terms:
    """One language, at one instant, in the platform's zone."""

    language: str
    """`zh`; anything else is English."""
    zone: tzinfo
    now_ms: int
    rules: Mapping[str, RuleWords]
    article: ArticleName

    @property
    def _is_zh(self) -> bool:
        return self.language == "zh"

    @property
    def _key(self) -> str:
        return "zh" if self._is_zh else "en"

    def severity(self, severity: Severity) -> str:
        """How bad it is."""
        return SEVERITIES[self._key][severity]

    def rule(self, code: str) -> str:
        """What a rule is called; the code where the catalogue does not know it (any more)."""
        words = self.rules.get(code)
        if words is None:
            return escaped(code)
        return words.zh if self._is_zh else words.en

    def part(self, part: str) -> str:
        """`slot/3` as people say it; empty for the place as a whole."""
        kind, _, name = part.partition("/")
        if kind == "item":
            return self.item(name)
        pattern = _PARTS[self._key].get(kind)
        return escaped(part) if pattern is None else pattern.format(escaped(name))

    def item(self, sku: str) -> str:
        """An article's name; the sku where the catalogue does not know it."""
        names = self.article(sku)
        return escaped(sku if names is None else names[0] if self._is_zh else names[1])

    def thing(self, thing: Bring) -> str:
        """Something to bring, with how many."""
        if thing.what == "article":
            words = self.item(thing.name)
            return words if thing.pieces is None else f"{words} ×{thing.pieces}"
        words = _THINGS[self._key].get(thing.what, escaped(thing.what))
        if thing.what == "battery" and thing.name:
            slot = _PARTS[self._key]["slot"].format(escaped(thing.name))
            words += f"（{slot}）" if self._is_zh else f" ({slot})"
        return words if thing.pieces is None or thing.pieces == 1 else f"{words} ×{thing.pieces}"

    def time(self, at_ms: int) -> str:
        """`14:02`; with the date where it is not of today."""
        at = datetime.fromtimestamp(at_ms / 1000, self.zone)
        now = datetime.fromtimestamp(self.now_ms / 1000, self.zone)
        if at.date() == now.date():
            return f"{at:%H:%M}"
        return f"{at:%m-%d %H:%M}" if at.year == now.year else f"{at:%Y-%m-%d %H:%M}"

    def no_word(self, since_ms: int) -> str:
        """In brackets, since when nothing was heard of it."""
        time = self.time(since_ms)
        return f"（{time} 之后没有消息）" if self._is_zh else f" (no word since {time})"

    def lasting(self, from_ms: int) -> str:
        """How long ago: `12 分钟`, `4 h`, `3 d`."""
        minutes = max(0, self.now_ms - from_ms) // MINUTE_MS
        if minutes < 2 * HOUR_MIN:
            return f"{minutes} {'分钟' if self._is_zh else 'min'}"
        if minutes < 2 * DAY_MIN:
            return f"{minutes // HOUR_MIN} {'小时' if self._is_zh else 'h'}"
        return f"{minutes // DAY_MIN} {'天' if self._is_zh else 'd'}"

    def value(self, rule: str, value: float | str | None) -> str:
        """What was measured, with its unit; empty where the rule is about no value."""
        words = self.rules.get(rule)
        unit = "" if words is None else words.unit
        if value is None or isinstance(value, str):
            return escaped(value or "", VALUE_MAX)
        return self._expiry(int(value)) if rule == "expiry" else self._number(value, unit)

    def _number(self, value: float, unit: str) -> str:
        if unit == "instant":
            return f"最后消息 {self.time(int(value))}" if self._is_zh else f"last word {self.time(int(value))}"
        if unit in _PIECES:
            return f"剩 {value:.0f} 份" if self._is_zh else f"{value:.0f} left"
        if unit in _SHARES:
            return f"{value * 100:.0f} %"
        number = f"{value:.1f}".removesuffix(".0")
        return f"{number} {_UNITS[self._key].get(unit, unit)}".strip()

    def _expiry(self, days: int) -> str:
        if days < 0:
            return "已过期" if self._is_zh else "expired"
        if days == 0:
            return "今天到期" if self._is_zh else "expires today"
        return f"{days} 天后到期" if self._is_zh else f"expires in {days} d"
