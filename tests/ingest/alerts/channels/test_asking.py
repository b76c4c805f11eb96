"""What an answer means, whatever it holds; texts that fit; and words without secrets."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.channels.asking import MOST_RETRY_AFTER_S, WORDS_MAX, Answer, Service, retry_after_s
from ingest.alerts.channels.cutting import cut
from ingest.alerts.channels.dingtalk import DINGTALK
from ingest.alerts.channels.feishu import FEISHU
from ingest.alerts.channels.ntfy import NTFY
from ingest.alerts.channels.sender import masked
from ingest.alerts.channels.webhook import WEBHOOK
from ingest.alerts.channels.wecom import WECOM
from ingest.alerts.work import ChannelKind
from tests.ingest.alerts.messages import NOW_MS, channel, outgoing

CODED = [DINGTALK, WECOM, FEISHU]
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300)
DOCUMENTS = st.dictionaries(st.sampled_from(["errcode", "code", "StatusCode", "errmsg", "msg", "id"]), VALUES)


@pytest.mark.parametrize("service", [DINGTALK, WECOM, FEISHU, NTFY, WEBHOOK])
@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=300) | DOCUMENTS.map(lambda found: json.dumps(found).encode()),
    header=st.none() | st.text(string.printable, max_size=40),
)
def test_any_answer_is_understood_or_refused(service: Service, status: int, body: bytes, header: str | None) -> None:
    """Never an exception, a success outside of 2xx, a reason of many lines, or a wait of days."""
    result = service.verdict(Answer(status, body, header), NOW_MS)
    if result.ok:
        assert 200 <= status < 300
        return
    assert result.reason.isprintable()
    assert len(result.reason) < WORDS_MAX + 200
    assert 0 <= (result.retry_after_s or 0) <= MOST_RETRY_AFTER_S


@pytest.mark.parametrize("service", CODED)
@given(code=VALUES)
def test_only_code_zero_is_success(service: Service, code: object) -> None:
    """Not false, not "0", not nothing."""
    names = {"errcode": code, "code": code, "StatusCode": code}
    is_zero = isinstance(code, int) and not isinstance(code, bool) and code == 0
    assert service.verdict(Answer(200, json.dumps(names).encode()), NOW_MS).ok is is_zero


def test_retry_after_is_seconds_or_a_date() -> None:
    """Of the past: now. Of the far future: an hour. Nonsense: nothing."""
    assert retry_after_s("17", NOW_MS) == 17.0
    assert retry_after_s("Sun, 22 Nov 2026 07:00:30 GMT", NOW_MS) == 30.0
    assert retry_after_s("Sun, 22 Nov 2020 07:00:30 GMT", NOW_MS) == 0.0
    assert retry_after_s("99999999999", NOW_MS) == MOST_RETRY_AFTER_S
    assert [retry_after_s(header, NOW_MS) for header in (None, "", "soon", "-5", "1.5", "²")] == [None] * 6


@given(st.text(max_size=400), st.integers(0, 500), st.sampled_from(["zh", "en"]))
def test_a_cut_text_fits_and_is_whole_characters(text: str, most_bytes: int, language: str) -> None:
    """In bytes of UTF-8; what fits is left as it is."""
    short = cut(text, most_bytes, language)
    assert len(short.encode()) <= most_bytes
    assert (short == text) or len(text.encode()) > most_bytes


@given(st.text(min_size=3, max_size=20), st.text(max_size=40))
def test_a_secret_is_masked_however_it_is_spelled(secret: str, around: str) -> None:
    """Plain, or as in a URL."""
    assert secret not in masked(f"{around}{secret}", {"token": secret}) or secret in "********"


@pytest.mark.parametrize(("service", "kind"), [(DINGTALK, ChannelKind.DINGTALK), (WECOM, ChannelKind.WECOM)])
def test_a_title_is_no_markup(service: Service, kind: ChannelKind) -> None:
    """Where a service has no title of its own, the title stands in the text: a station's name makes no link there."""
    message = outgoing(title="【警告】[奖](https://evil.example) <@all>")
    text = json.loads(service.request(channel(kind, ""), message, NOW_MS).body)["markdown"]
    assert "[奖]" not in (text.get("text") or text["content"])
    assert "<@all>" not in (text.get("text") or text["content"])
