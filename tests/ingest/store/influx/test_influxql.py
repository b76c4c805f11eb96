"""Statements that hold nothing but what was meant, and answers that are whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.topics import Kind
from ingest.store.influx import influxql
from ingest.store.influx.influxql import NotAnAnswer, QueryFailed, Table, is_cut, tables_of


@given(st.text())
def test_quoted_text_is_one_literal(text: str) -> None:
    """No text ends the literal it stands in: quotes and backslashes inside are escaped."""
    literal = influxql.quoted(text)
    inside = literal[1:-1].replace("\\\\", "").replace("\\'", "")
    assert literal[0] == literal[-1] == "'"
    assert "'" not in inside
    assert "\n" not in literal
    assert not inside.endswith("\\")


def test_statement_asks_for_a_half_open_span() -> None:
    """Readings of the last instant belong to the next span; a bound that InfluxDB does not know is its own last one."""
    statement = influxql.readings(Kind.EXCHANGE, 1, 2**45, "bj-000001")
    assert statement.endswith(
        """FROM "exchange" WHERE time >= 1000000 AND time < 9223372036854775806 AND "station" = 'bj-000001'"""
    )


def test_spans_count_from_where_the_history_begins() -> None:
    """The offset moves InfluxDB's spans, which count from 1970, to the asked beginning; before 1970 too."""
    assert "GROUP BY time(60000ms, 5ms)" in influxql.history(Kind.OCCUPANCY, ["present"], "s", 120_005, 240_005, 60_000)
    assert "GROUP BY time(60000ms, 59995ms)" in influxql.history(Kind.OCCUPANCY, ["present"], "s", -5, 5, 60_000)


def test_answer_is_read_table_by_table() -> None:
    """Several series and results are all read; a series without rows has none."""
    series = [{"columns": ["time", "x"], "values": [[1, 2]]}, {"columns": ["time"]}]
    document = json.dumps({"results": [{"statement_id": 0, "series": series}, {"statement_id": 1}]}).encode()
    assert list(tables_of(document)) == [Table(["time", "x"], [[1, 2]]), Table(["time"], ())]
    assert not is_cut(document)
    assert is_cut(json.dumps({"results": [{"series": series, "partial": True}]}).encode())


@pytest.mark.parametrize("document", [b'{"error":"no"}', b'{"results":[{"error":"no"}]}'])
def test_failure_in_an_answer_is_raised(document: bytes) -> None:
    """An error is an error, although InfluxDB sends it with the status of a success."""
    with pytest.raises(QueryFailed, match="no"):
        list(tables_of(document))


@pytest.mark.parametrize("document", [b"<html>", b"[]", b"{}", b"\xff"])
def test_what_is_no_answer_is_told(document: bytes) -> None:
    """A page of a proxy is no empty result."""
    with pytest.raises(NotAnAnswer):
        list(tables_of(document))
