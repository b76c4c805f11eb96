"""The topic tree: what is built can be parsed back, and what is wrong is told level by level."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.topics import DOWNLINK, STATION_ID, UPLINK, Channel, Kind, WrongTopic, parse_topic, topic_of

stations = st.from_regex(re.compile(r"[0-9a-z][0-9a-z-]{2,31}"), fullmatch=True)
texts = st.text(max_size=60)


@given(stations, st.sampled_from(Channel))
def test_topic_is_parsed_back(station: str, channel: Channel) -> None:
    """Station and channel come back from the topic that they made."""
    assert parse_topic(topic_of(station, channel)) == (station, channel)


@given(stations, st.sampled_from(Kind))
def test_topic_of_a_kind_is_that_of_its_channel(station: str, kind: Kind) -> None:
    """A kind of reading and its channel are one word."""
    assert topic_of(station, kind) == topic_of(station, Channel(kind.value))


@given(texts | st.builds(lambda level: f"yizhan/v1/{level}", texts))
def test_any_topic_is_parsed_or_refused_with_words(topic: str) -> None:
    """Whatever stands in a topic, it is parsed or called wrong; what is parsed is written the same way again."""
    wrong = None
    try:
        station, channel = parse_topic(topic)
        assert topic_of(station, channel) == topic
    except WrongTopic as caught:
        wrong = caught
    if wrong is not None:
        assert str(wrong).startswith(("topic must", "station id must"))
        assert wrong.station is None or STATION_ID.fullmatch(wrong.station)


@pytest.mark.parametrize(
    ("topic", "says", "station"),
    [
        ("", "topic must begin with yizhan/v1/", None),
        ("yizhan", "topic must begin with yizhan/v1/", None),
        ("yizhan/v1", "topic must begin with yizhan/v1/", None),
        ("yizhan/v2/st-1/state", "topic must begin with yizhan/v1/", None),
        ("/yizhan/v1/st-1/state", "topic must begin with yizhan/v1/", None),
        ("Yizhan/v1/st-1/state", "topic must begin with yizhan/v1/", None),
        ("yizhan/v1/", "station id must match", None),
        ("yizhan/v1//state", "station id must match", None),
        ("yizhan/v1/st/state", "station id must match", None),
        ("yizhan/v1/-st-1/state", "station id must match", None),
        ("yizhan/v1/ST-1/state", "station id must match", None),
        ("yizhan/v1/驿站一/state", "station id must match", None),
        (f"yizhan/v1/{'s' * 33}/state", "station id must match", None),
        ("yizhan/v1/st-1\n/state", "station id must match", None),
        ("yizhan/v1/st-١٢/state", "station id must match", None),
        ("yizhan/v1/st-1", "one of: backlog, battery", "st-1"),
        ("yizhan/v1/st-1/", "one of: backlog, battery", "st-1"),
        ("yizhan/v1/st-1/State", "one of: backlog, battery", "st-1"),
        ("yizhan/v1/st-1/presence", "one of: backlog, battery", "st-1"),
        ("yizhan/v1/st-1/state/", "one of: backlog, battery", "st-1"),
        ("yizhan/v1/st-1/state\n", "one of: backlog, battery", "st-1"),
        ("yizhan/v1/st-1/state/more", "one of: backlog, battery", "st-1"),
    ],
)
def test_wrong_topic_is_told_at_the_level_that_is_wrong(topic: str, says: str, station: str | None) -> None:
    """Each kind of wrong topic is refused in words; the station is named where that level at least was right."""
    with pytest.raises(WrongTopic, match=re.escape(says)) as caught:
        parse_topic(topic)
    assert caught.value.station == station


@pytest.mark.parametrize("station", ["", "st", "ST-1", "st/1", "st+", "#", "s" * 33, "st-1\n"])
def test_topic_of_what_is_no_station_id_is_not_made(station: str) -> None:
    """No topic is built that could not be parsed back, or that would reach somebody else."""
    with pytest.raises(ValueError, match="not a station id"):
        topic_of(station, Channel.RECEIPT)


def test_every_channel_has_one_direction() -> None:
    """Each channel is the station's or the platform's, and every kind of reading goes up."""
    assert set(Channel) == DOWNLINK | UPLINK
    assert not DOWNLINK & UPLINK
    assert {kind.value for kind in Kind} <= {channel.value for channel in UPLINK}
