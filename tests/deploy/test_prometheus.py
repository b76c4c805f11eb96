"""The alarms: each fires on its trouble and is quiet otherwise, as Prometheus itself works them out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.deploy.placing import DEPLOY, text_of
from tests.deploy.promtool import promtool

RULES: Final = yaml.safe_load(text_of("prometheus-alerts.yaml"))["groups"][0]["rules"]

Series = dict[str, str]
"""By name with labels: values, one every 15 seconds, in promtool's notation (`0+10x240`: from 0 in steps of 10)."""

WELL: Final[Series] = {
    'up{job="yizhan"}': "1x240",
    'yizhan_part_up{part="store"}': "1x240",
    'yizhan_part_degraded{part="store"}': "0x240",
    "yizhan_accounting_balance": "0x240",
    "yizhan_spooled": "0x240",
    "yizhan_in_flight": "5x240",
    "yizhan_received_total": "0+100x240",
    "yizhan_stations_heard": "60x240",
    "yizhan_stations_unregistered": "0x240",
    "yizhan_broker_connects_total": "1x240",
    'yizhan_refused_total{reason="not_json"}': "0x240",
    'yizhan_api_requests_total{route="/v1/stations",status="200"}': "0+30x240",
    'yizhan_api_requests_total{route="/readyz",status="503"}': "0+30x240",
    'yizhan_api_request_seconds_bucket{le="0.01"}': "0+30x240",
    'yizhan_api_request_seconds_bucket{le="0.25"}': "0+30x240",
    'yizhan_api_request_seconds_bucket{le="0.5"}': "0+30x240",
    'yizhan_api_request_seconds_bucket{le="+Inf"}': "0+30x240",
}
"""An hour in which nothing is wrong; /readyz may well have said 503, which is what it is for."""


@dataclass(frozen=True)
class Trouble:
    """What differs from an hour in which all is well, and what is told of it."""

    changed: Series
    labels: dict[str, str] = field(default_factory=dict)


TROUBLES: Final = {
    "YizhanAway": Trouble({'up{job="yizhan"}': "1x120 0x120"}, {"job": "yizhan"}),
    "YizhanPartFails": Trouble({'yizhan_part_up{part="store"}': "1x120 0x120"}, {"part": "store"}),
    "YizhanPartDegraded": Trouble({'yizhan_part_degraded{part="store"}': "0x120 1x120"}, {"part": "store"}),
    "YizhanAccountsDiffer": Trouble({"yizhan_accounting_balance": "0x120 -1x120"}),
    "YizhanSpoolGrows": Trouble({"yizhan_spooled": "0x100 0+100x140"}),
    "YizhanWritesStandStill": Trouble({"yizhan_received_total": "700x240", "yizhan_in_flight": "700x240"}),
    "YizhanHearsNothing": Trouble({"yizhan_received_total": "0+100x100 10000x140", "yizhan_in_flight": "0x240"}),
    "YizhanBrokerFlaps": Trouble({"yizhan_broker_connects_total": "0+1x240"}),
    "YizhanRefuses": Trouble({'yizhan_refused_total{reason="not_json"}': "0+1x240"}, {"reason": "not_json"}),
    "YizhanStrangers": Trouble({"yizhan_stations_unregistered": "3x240"}),
    "YizhanAnswersSlowly": Trouble(
        {f'yizhan_api_request_seconds_bucket{{le="{most}"}}': "0+20x240" for most in ("0.01", "0.25")}
    ),
    "YizhanAnswersFail": Trouble({'yizhan_api_requests_total{route="/v1/stations",status="500"}': "0+3x240"}),
}


def wrong_at_the_end(folder: Path, series: Series, *firing: str) -> str:
    """Nothing when after an hour just these alarms fire (`name{label="value"}`), else what Prometheus has to say."""
    case = {
        "rule_files": [str(DEPLOY / "prometheus-alerts.yaml")],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": 'ALERTS{alertstate="firing"}',
                        "eval_time": "60m",
                        "exp_samples": [{"labels": alarm, "value": 1} for alarm in firing],
                    }
                ],
            }
        ],
    }
    file = folder / "case.yaml"
    file.write_text(yaml.safe_dump(case), encoding="utf-8")
    done = promtool("test", "rules", str(file))
    return "" if done.returncode == 0 else done.stdout + done.stderr


def alarm(rule: dict[str, Any], **labels: str) -> str:
    """The series that says that it fires."""
    named = {"alertname": rule["alert"], "alertstate": "firing", **rule["labels"], **labels}
    return "ALERTS{" + ",".join(f'{name}="{value}"' for name, value in named.items()) + "}"


def test_nothing_fires_while_all_is_well(tmp_path: Path) -> None:
    """An hour without trouble raises no alarm."""
    assert wrong_at_the_end(tmp_path, WELL) == ""


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_alarm_fires_on_its_trouble_alone(tmp_path: Path, rule: dict[str, Any]) -> None:
    """Each alarm fires when its trouble lasts, with the labels that say where, and no other one does."""
    trouble = TROUBLES[rule["alert"]]
    assert wrong_at_the_end(tmp_path, WELL | trouble.changed, alarm(rule, **trouble.labels)) == ""


def test_alarm_that_does_not_fire_is_noticed(tmp_path: Path) -> None:
    """These tests can fail: an alarm that is expected in an hour without trouble is reported."""
    assert "YizhanAway" in wrong_at_the_end(tmp_path, WELL, alarm(RULES[0], job="yizhan"))


def test_configuration_is_one_that_prometheus_understands() -> None:
    """The configuration and the rules that it names pass Prometheus's own check."""
    checked = promtool("check", "config", str(DEPLOY / "prometheus.yaml"))
    assert checked.returncode == 0, checked.stderr


def test_every_alarm_says_what_to_do() -> None:
    """An alarm has a severity, what is wrong, and what to do about it."""
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "look"}
        assert set(rule["annotations"]) == {"summary", "action"}
