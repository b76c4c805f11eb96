"""What people read, held to the letter: tests/golden/notices.zh.md and notices.en.md were read by a person."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.markdown import escaped, plain
from ingest.alerts.model import Alert, AlertKey, AlertState, Scope, Severity
from ingest.alerts.payload import JobLinks
from ingest.alerts.records import Bring
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.texts import ALERTS_SHOWN, JOBS_SHOWN, Texts
from ingest.alerts.work import Job, JobState, JobView, Why
from tests.ingest.alerts.making import MINUTE_MS, NOW_MS, alert, job
from tests.ingest.alerts.messages import notice

GOLDEN = Path(__file__).parents[2] / "golden"
LINKS = JobLinks("https://yz.example/a/T0KEN", "https://yz.example/stations/bj-1", "https://map.example/?p=1")


@dataclass(frozen=True)
class Around:
    """What a text needs beside the jobs."""

    language: str = "zh"
    links: dict[str, JobLinks] = field(default_factory=lambda: {"j-1": LINKS})
    bring: dict[str, tuple[Bring, ...]] = field(
        default_factory=lambda: {"j-1": (Bring("battery", "3", 1), Bring("article", "hx-10", 8), Bring("extinguisher"))}
    )
    alerts: tuple[Alert, ...] = ()
    now_ms: int = NOW_MS


def names(sku: str) -> tuple[str, str] | None:
    """The one article of the catalogue."""
    return ("藿香正气口服液", "Huoxiang Zhengqi liquid") if sku == "hx-10" else None


TEXTS = Texts(ZoneInfo("Asia/Shanghai"), RULES, names)


def of_rule(rule: str, part: str, value: float | str | None, **changes: Any) -> Alert:
    """An alert of another rule."""
    key = AlertKey(Scope.STATION, "st-1", rule, part)
    return alert(f"a-{rule}", key=key, value=value, worst=None, **changes)


STOCK = of_rule("stock_low", "item/hx-10", 2.0, state=AlertState.UNKNOWN, unknown_since_ms=NOW_MS - 58 * MINUTE_MS)
DARK = of_rule("dark", "", float(NOW_MS - 9 * MINUTE_MS))


def view(whole: Job | None = None, *alerts: Alert) -> JobView:
    """A job at a station."""
    return JobView(
        whole or job(),
        alerts or (alert(severity=Severity.CRITICAL, value=56.2, worst=58.0), STOCK),
        "朝阳门驿站",
        "Chaoyangmen Station",
        "朝阳门外大街 1 号",
        ["北京市", "朝阳区"],
    )


OPENED_MS = NOW_MS - 95 * MINUTE_MS
TAKEN = job(
    state=JobState.ACKNOWLEDGED, acknowledged_by="张三", arrival_ms=NOW_MS + 30 * MINUTE_MS, opened_ms=OPENED_MS
)
OVER = alert(state=AlertState.RESOLVED, resolved_ms=NOW_MS, value=38.0)
STORIES: list[tuple[Why, Severity, list[JobView]]] = [
    (Why.OPENED, Severity.CRITICAL, [view()]),
    (Why.OPENED, Severity.EMERGENCY, [view(None, of_rule("smoke", "cabinet", None, severity=Severity.EMERGENCY))]),
    (Why.OPENED, Severity.WARNING, [view(None, DARK, of_rule("expiry", "item/hx-10", -1.0))]),
    (Why.WORSE, Severity.CRITICAL, [view(TAKEN)]),
    (Why.BETTER, Severity.WARNING, [view(TAKEN, alert(), STOCK)]),
    (Why.MORE, Severity.CRITICAL, [view(TAKEN)]),
    (Why.REOPENED, Severity.WARNING, [view(None, alert(is_flapping=True))]),
    (Why.RESOLVED, Severity.CRITICAL, [view(job(state=JobState.CLOSED, closed_by="readings"), OVER)]),
    (Why.CLOSED, Severity.CRITICAL, [view(job(state=JobState.CLOSED, closed_by="李四"), alert())]),
    (Why.REPEAT, Severity.WARNING, [view(job(opened_ms=NOW_MS - 250 * MINUTE_MS), alert())]),
    (Why.ESCALATED, Severity.CRITICAL, [view(job(opened_ms=NOW_MS - 30 * MINUTE_MS))]),
    (Why.ACK_EXPIRED, Severity.CRITICAL, [view(TAKEN)]),
    (Why.OPENED, Severity.CRITICAL, [view(), view(job("j-2"), DARK)]),
    (Why.DIGEST, Severity.INFO, [view()]),
    (Why.TRIAL, Severity.INFO, []),
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_kind_of_message_reads_as_it_was_approved(language: str) -> None:
    """Whatever it is about: the words, the order, the links."""
    written = []
    for why, severity, views in STORIES:
        title, text = TEXTS(notice(why=why, severity=severity), views, Around(language))
        written.append(f"# {title}\n\n{text}\n")
    assert "\n".join(written) == (GOLDEN / f"notices.{language}.md").read_text("utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("why", [why for why in Why if why is not Why.TRIAL])
def test_unknown_is_never_told_as_good(language: str, why: Why) -> None:
    """A part of which nothing is heard says since when, in every message about its job."""
    _, text = TEXTS(notice(why=why), [view(None, STOCK)], Around(language))
    assert ("14:02 之后没有消息" if language == "zh" else "no word since 14:02") in text


@pytest.mark.parametrize(
    ("by", "words"),
    [("settings", ("规则已停用", "rule is switched off")), ("registry", ("从登记中移除", "left the registry"))],
)
def test_what_no_person_closed_says_why(by: str, words: tuple[str, str]) -> None:
    """Not the name that our code has for it."""
    for language, said in zip(("zh", "en"), words, strict=True):
        closed = view(job(state=JobState.CLOSED, closed_by=by), alert())
        _, text = TEXTS(notice(why=Why.CLOSED), [closed], Around(language))
        assert said in text
        assert f"由{by}" not in text


@given(
    st.text(max_size=60), st.sampled_from(["zh", "en"]), st.sampled_from([why for why in Why if why is not Why.TRIAL])
)
def test_no_name_becomes_markup(name: str, language: str, why: Why) -> None:
    """A station, an address, a person, a part and a value called whatever: no link, no mention, no new line."""
    fault = of_rule("slot_fault", f"slot/{name}", name)
    whole = job(acknowledged_by=name, state=JobState.ACKNOWLEDGED)
    evil = JobView(whole, [fault], name, name, name, [name])
    calm = JobView(
        job(acknowledged_by=_calm(name), state=JobState.ACKNOWLEDGED),
        [of_rule("slot_fault", f"slot/{_calm(name)}", _calm(name))],
        _calm(name),
        _calm(name),
        _calm(name),
        [_calm(name)],
    )
    around = Around(language, links={}, bring={})
    title, text = TEXTS(notice(why=why), [evil], around)
    _, calm_text = TEXTS(notice(why=why), [calm], around)
    assert "\n" not in title
    for sign in "[]<>@`*\n":
        assert text.count(sign) == calm_text.count(sign), sign


def _calm(name: str) -> str:
    """As long as what is shown of the name, and harmless."""
    return "x" if escaped(name) else ""


def test_a_name_is_not_a_template() -> None:
    """What a station is called is text to the templates too."""
    evil = view()._replace(place_name="{{ 7 * 7 }}{% raw %}")
    assert "49" not in TEXTS(notice(), [evil], Around())[1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_storm_still_fits_a_phone(language: str) -> None:
    """Of fifty alerts and forty jobs as many as can be read, and how many more there are."""
    many = [alert(f"a-{number}") for number in range(50)]
    _, text = TEXTS(notice(), [view(None, *many)], Around(language))
    assert text.count("**") == 2 * ALERTS_SHOWN
    assert f"{50 - ALERTS_SHOWN}" in text
    _, text = TEXTS(notice(why=Why.DIGEST), [view(job(f"j-{n}"), alert()) for n in range(40)], Around(language))
    assert text.count("**") == 2 * JOBS_SHOWN
    assert f"{40 - JOBS_SHOWN}" in text


def test_a_digest_holds_what_makes_no_job() -> None:
    """Alerts of no job stand behind the jobs."""
    title, text = TEXTS(notice(why=Why.DIGEST), [], Around(alerts=(of_rule("expiry", "item/hx-10", 12.0),)))
    assert title == "【每日汇总】1 项可以等待"
    assert "**st-1** 药品到期 藿香正气口服液 12 天后到期" in text


def test_times_of_another_day_have_their_date() -> None:
    """In the platform's zone, which may be another day than UTC's."""
    _, text = TEXTS(notice(), [view(None, alert(since_ms=NOW_MS - 24 * 60 * MINUTE_MS))], Around())
    assert "11-21 15:00 起" in text


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_can_be_told(rule: str, language: str) -> None:
    """With a value of its own unit, in words of the language alone."""
    unit = RULES[rule].unit
    value = float(NOW_MS) if unit == "instant" else 0.5 if unit.startswith("×") else 3.0 if unit else None
    part = RULES[rule].part.replace("SKU", "hx-10").replace("/N", "/3")
    _, text = TEXTS(notice(), [view(None, of_rule(rule, part, value))], Around(language))
    assert (RULES[rule].zh if language == "zh" else RULES[rule].en) in text
    assert not (language == "zh" and any(word in text for word in ("days", "pieces", "connects", "batteries", " min")))


def test_plain_text_keeps_the_addresses() -> None:
    """For mail: no stars, and each link as words and address."""
    assert plain("**过热** 3\n[我来处理](https://yz.example/a/T)") == "过热 3\n我来处理: https://yz.example/a/T"
