"""What machines are sent of a value: a number with its unit, an instant as one, and nothing where there is none."""

import json

import pytest

from ingest.alerts.payload import payload_of
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.work import JobView
from tests.ingest.alerts.making import NOW_MS, alert, job, message


@pytest.mark.parametrize(
    ("rule", "value", "shown"),
    [
        ("cell_hot", 47.5, "47.5 °C"),
        # The threshold is a share of the minimum or of the seats, the value is what is there.
        ("stock_low", 3, "3 pieces"),
        ("full", 21, "21 people"),
        ("dark", NOW_MS, "2026-11-22T07:00:00.000Z"),
        ("slot_fault", "lock_stuck", "lock_stuck"),
        ("smoke", None, None),
        ("a_rule_of_old", 5.0, "5"),
    ],
)
def test_value_with_its_unit(rule: str, value: float | str | None, shown: str | None) -> None:
    """In the annotations that Alertmanager's receivers show to people."""
    view = JobView(job(), [alert(rule=rule, value=value)], "驿站", "Station", "", ())
    document = json.loads(payload_of(message().notice, [view], {}, RULES, "https://yz.example"))
    (told,) = document["alertmanager"]["alerts"]
    assert told["annotations"].get("value") == shown
