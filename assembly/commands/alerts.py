"""`yizhan alerts`: what is wrong where, and what people say about it, asked of a running platform with a token.

Enters: arguments, YIZHAN_TOKEN. Leaves: an answer on the terminal; exit code 1 when a trial message did not arrive.
Never: a database.
"""

from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from assembly.commands.asking import Url, instant_of, run
from assembly.commands.jobs import Comment, InMinutes, Until, act, quoted, show_entries, show_fields, tell
from assembly.listing import Row, lines_of, local_time, show_list
from assembly.terminal import AsJson, Config, fail, out, print_json, printable, settings_of

app: Final = typer.Typer(no_args_is_help=True, help="Alerts: what is wrong where; silences; trial messages.")

AlertId = Annotated[str, typer.Argument(metavar="ALERT", help="Its id, as `yizhan alerts list` shows it.")]
StationOf = Annotated[str | None, typer.Option(help="Of this station.")]
RegionOf = Annotated[str | None, typer.Option(help="Of this region, by its code.")]
RuleOf = Annotated[str | None, typer.Option(help="Of this rule, such as cell_hot: docs/alerts.md lists them.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]


@app.command("list")
def list_alerts(
    state: Annotated[str | None, typer.Option(help="Only pending, firing, unknown or resolved.")] = None,
    severity: Annotated[str | None, typer.Option(help="Only info, warning, critical or emergency.")] = None,
    rule: RuleOf = None,
    station: StationOf = None,
    region: RegionOf = None,
    limit: Annotated[int, typer.Option(min=1, help="Alerts to show.")] = 100,
    url: Url = None,
    config: Config = None,
    *,
    past: Annotated[bool, typer.Option("--past", help="Those that are over, newest first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show alerts of now, worst first. One that is unknown is not over: nothing was heard of it since.

    Example: `YIZHAN_TOKEN=… yizhan alerts list --severity critical --region 110000`
    """
    filters = {"state": state, "severity": severity, "rule": rule, "station": station, "region": region}
    columns = ("id", "how bad", "since", "where", "what", "value")

    def row(alert: dict[str, Any], zone: ZoneInfo) -> Row:
        fault, job = f"{alert['rule']} {alert['part']}".strip(), alert["job"] and f"job {alert['job']}"
        return (
            alert["id"],
            lines_of(alert["severity"], alert["state"]),
            local_time(alert["since"], zone),
            lines_of(alert["place"], alert["place_name"]),
            lines_of(fault, job, remark(alert, zone)),
            alert["value"],
        )

    show_entries("alerts", "there is none", filters, columns, row, limit, url, config, past=past, as_json=as_json)


@app.command("rules")
def list_rules(
    *, markdown: Annotated[bool, typer.Option("--markdown", help="Print the part of docs/alerts.md instead.")] = False
) -> None:
    """Show what is watched: each rule with its levels, before any setting. Asks no platform.

    Example: `yizhan alerts rules`; docs/alerts.md gives the reason of each threshold, and how to set it.
    """
    from ingest.alerts.rules import page

    if markdown:
        out.file.write(page.markdown())
    else:
        show_list(("rule", "中文", "English", "levels", "clear"), list(page.overview()))


@app.command("show")
def show_alert(alert_id: AlertId, url: Url = None, config: Config = None, *, as_json: AsJson = False) -> None:
    """Show one alert with its life, and what people did about it.

    Example: `YIZHAN_TOKEN=… yizhan alerts show a-4711`
    """
    settings = settings_of(config)
    alert = run(settings, url, lambda client: client.ask("GET", f"alerts/{quoted(alert_id)}"))
    if as_json:
        print_json(alert)
        return
    show_fields(
        {name: value for name, value in alert.items() if name not in {"life", "acts", "inhibited_by", "silenced_by"}}
    )
    show_fields({"remark": remark(alert, ZoneInfo(settings.platform.time_zone))})
    tell("life", ("at", "what", "severity", "value"), alert["life"])
    tell("done", ("at", "who", "what", "detail"), alert["acts"])


@app.command("ack")
def acknowledge_alert(
    alert_id: AlertId,
    in_minutes: InMinutes = None,
    until: Until = None,
    comment: Comment = "",
    url: Url = None,
    config: Config = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Somebody goes: acknowledge the job that an alert belongs to.

    Example: `YIZHAN_TOKEN=… yizhan alerts ack a-4711 --in 30`
    """
    body = {"in_minutes": in_minutes, "until": instant_of(settings_of(config), until), "comment": comment}
    act(f"alerts/{quoted(alert_id)}/acknowledge", body, url, config, as_json=as_json)


@app.command("confirm")
def confirm_alert(
    alert_id: AlertId, comment: Comment = "", url: Url = None, config: Config = None, *, as_json: AsJson = False
) -> None:
    """Seen on site, and safe: what smoke needs before readings may end it.

    Example: `YIZHAN_TOKEN=… yizhan alerts confirm a-4711 --comment "dust, cleaned"`
    """
    act(f"alerts/{quoted(alert_id)}/confirm", {"comment": comment}, url, config, as_json=as_json)


@app.command("resolve")
def resolve_alert(
    alert_id: AlertId, reason: Reason, url: Url = None, config: Config = None, *, as_json: AsJson = False
) -> None:
    """End an alert by hand; it fires again when the next readings are bad.

    Example: `YIZHAN_TOKEN=… yizhan alerts resolve a-4711 --reason "sensor unplugged for the winter"`
    """
    act(f"alerts/{quoted(alert_id)}/resolve", {"reason": reason}, url, config, as_json=as_json)


@app.command("silence")
def silence(
    reason: Reason,
    station: StationOf = None,
    region: RegionOf = None,
    rule: RuleOf = None,
    part: Annotated[str | None, typer.Option(help="Of this part: slot/3, or slot for all of them.")] = None,
    hours: Annotated[float | None, typer.Option(help="For how many hours.")] = None,
    until: Annotated[str | None, typer.Option(help="Or until when: 2026-11-26T18:00.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="From when on. None: from now.")] = None,
    url: Url = None,
    config: Config = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell nobody for a while: of what all that is given fits. Of emergencies, only those whose rule is named.

    Examples: `YIZHAN_TOKEN=… yizhan alerts silence --station bj-0001 --hours 4 --reason "rebuilding"`,
    `… silence --region 110101 --rule full --until 2026-12-01 --reason "festival"`
    """
    if not (station or region or rule or part):
        fail("name what to silence: --station, --region, --rule or --part", code=2)
    if (hours is None) == (until is None):
        fail("say until when: give either --hours or --until", code=2)
    settings = settings_of(config)
    given = {
        "reason": reason,
        "station": station,
        "region": region,
        "rule": rule,
        "part": part,
        "hours": hours,
        "ends": instant_of(settings, until),
        "starts": instant_of(settings, first),
    }
    body = {name: value for name, value in given.items() if value is not None}
    made = run(settings, url, lambda client: client.ask("POST", "silences", body=body))
    if as_json:
        print_json(made)
    else:
        out.print(f"silenced as {made['id']} until {made['ends_at']}", markup=False, highlight=False)


@app.command("silences")
def list_silences(url: Url = None, config: Config = None, *, as_json: AsJson = False) -> None:
    """Show what is silenced, will be, or was until a day ago.

    Example: `YIZHAN_TOKEN=… yizhan alerts silences`
    """
    settings = settings_of(config)
    found = run(settings, url, lambda client: client.ask("GET", "silences"))["silences"]
    if as_json:
        print_json(found)
        return
    zone = ZoneInfo(settings.platform.time_zone)
    matchers = ("station", "region", "rule", "part")
    rows = [
        (
            one["id"],
            "yes" if one["active"] else "",
            local_time(one["starts_at"], zone),
            local_time(one["ends_at"], zone),
            lines_of(*(one[name] and f"{name} {one[name]}" for name in matchers)),
            lines_of(one["reason"], one["author"]),
        )
        for one in found
    ]
    show_list(("id", "now", "from", "until", "what", "why, and who"), rows, "nothing is silenced, or was within a day")


@app.command("unsilence")
def unsilence(
    silence_id: Annotated[str, typer.Argument(metavar="SILENCE", help="Its id, as `yizhan alerts silences` shows it.")],
    url: Url = None,
    config: Config = None,
) -> None:
    """End a silence early.

    Example: `YIZHAN_TOKEN=… yizhan alerts unsilence s-12ab34cd`
    """
    ended = run(settings_of(config), url, lambda client: client.ask("DELETE", f"silences/{quoted(silence_id)}"))
    out.print(f"{ended['id']} ended at {ended['ends_at']}", markup=False, highlight=False)


@app.command("test")
def try_channel(
    channel: Annotated[str, typer.Argument(help="Its name, as `yizhan crews show` shows it.")],
    url: Url = None,
    config: Config = None,
) -> None:
    """Send a trial message now, and say what the service said.

    Example: `YIZHAN_TOKEN=… yizhan alerts test dingtalk-dongcheng`
    """
    result = run(settings_of(config), url, lambda client: client.ask("POST", f"channels/{quoted(channel)}/test"))
    if not result["ok"]:
        fail(printable(f"{channel} did not take it: {result['reason']}"))
    out.print(f"{channel} took it: look whether it arrived", markup=False, highlight=False)


def remark(alert: dict[str, Any], zone: ZoneInfo) -> str | None:
    """Why nobody is told of it, and since when there is no word."""
    cause = alert["inhibited_by"]
    said = (
        alert["unknown_since"] and f"no word since {local_time(alert['unknown_since'], zone)}",
        cause and f"because of {cause['rule']} at {cause['place']}",
        alert["silenced_by"] and f"silenced by {alert['silenced_by']}",
    )
    return "; ".join(part for part in said if part) or None
