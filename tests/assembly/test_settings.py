"""Settings: what wins, what is refused and in which words, and that the page about them is true."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from assembly.settings import Settings
from assembly.settings_page import lines, markdown, show
from assembly.settings_sources import WrongSettings, load, variable

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder without yizhan.toml."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_environment_wins_over_the_file_and_the_file_over_defaults(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each setting has the value of the nearest source, and that source is named."""
    (empty_folder / "yizhan.toml").write_text('[mqtt]\nkeepalive_s = 20\nclient_id = "from-file"\n', encoding="utf-8")
    monkeypatch.setenv("YIZHAN_MQTT__CLIENT_ID", "from-environment")
    settings, given_by = load()
    assert (settings.mqtt.client_id, settings.mqtt.keepalive_s, settings.api.port) == ("from-environment", 20, 8080)
    assert given_by == {"mqtt.client_id": "YIZHAN_MQTT__CLIENT_ID", "mqtt.keepalive_s": "yizhan.toml"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("mqtt.url", "http://broker", "must be like mqtt://host:1883"),
        ("mqtt.url", "mqtt://user:hush@broker", "give it as mqtt.password"),
        ("api.map_geojson", "china.json", "published with its 审图号"),
        ("mqtt.url", "mqtt://broker:99999", "out of range"),
        ("mqtt.url", "mqtt://broker/topic", "nothing may follow"),
        ("mqtt.share_group", "ingest", "set alerts.enabled = false"),
        ("mqtt.receive_maximum", "0", "greater than or equal to 1"),
        ("mqtt.receive_maximum", "many", "valid integer"),
        ("mqtt.password", "hush", "mqtt.url names no user"),
        ("store.url", "mysql://x", "must be like sqlite:///"),
        ("store.url", "influxdb://host:8086", "influxdb+http://host:8086"),
        ("store.url", "influxdb+http://me:hush@host", "must not hold a user"),
        ("store.url", "influxdb+http://host:8086?db=x", "store.bucket"),
        ("store.url", "influxdb+http://host:99999", "out of range"),
        ("store.password", "hush", "store.username is not"),
        ("database.url", "data/yizhan.db", "must be like sqlite:///"),
        ("platform.time_zone", "Asia/Peking", "IANA"),
        ("platform.time_zone", "../../etc/passwd", "IANA"),
        ("platform.no_such", "1", "no such setting"),
        ("no_such.name", "1", "no such setting"),
    ],
)
def test_wrong_setting_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    """A wrong setting is refused by its name, with what it must be, and never with the value: it may be a secret."""
    monkeypatch.setenv(variable(name), value)
    with pytest.raises(WrongSettings) as refused:
        load()
    assert words in str(refused.value)
    assert re.search(rf"{re.escape(name)}|{variable(name)}", str(refused.value))
    assert "hush" not in str(refused.value)


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two mistakes make two lines, so that a person mends both before the next try."""
    monkeypatch.setenv("YIZHAN_API__PORT", "-1")
    monkeypatch.setenv("YIZHAN_MQTT__KEEPALIVE_S", "0")
    with pytest.raises(WrongSettings) as refused:
        load()
    assert [line.split(" ")[0] for line in str(refused.value).splitlines()] == ["mqtt.keepalive_s", "api.port"]


@pytest.mark.parametrize("text", ["[mqtt\n", '[mqtt]\nurl = "\\q"\n'])
def test_unreadable_file_is_named(empty_folder: Path, text: str) -> None:
    """A file that is not TOML is refused by its name."""
    (empty_folder / "broken.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongSettings, match=r"broken\.toml: not readable"):
        load(Path("broken.toml"))


def test_missing_file_is_named() -> None:
    """A file that was asked for and is not there is an error, and not an empty file."""
    with pytest.raises(WrongSettings, match="no such file"):
        load(Path("absent.toml"))


def test_section_as_one_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that names a section and no setting is refused with an example."""
    monkeypatch.setenv("YIZHAN_MQTT", "mqtt://broker")
    with pytest.raises(WrongSettings, match="YIZHAN_MQTT__URL"):
        load()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://broker", ("broker", 1883, None, False)),
        ("mqtts://me@broker", ("broker", 8883, "me", True)),
        ("mqtt://[::1]:2883", ("::1", 2883, None, False)),
    ],
)
def test_broker_url_is_taken_apart(url: str, expected: tuple[str, int, str | None, bool]) -> None:
    """Host, port, user and TLS are read from the URL, with the ports that MQTT has by default."""
    mqtt = Settings.model_validate({"mqtt": {"url": url}}).mqtt
    assert (mqtt.host, mqtt.port, mqtt.username, mqtt.tls) == expected


@pytest.mark.parametrize(
    ("url", "influx_url", "compresses"),
    [
        ("influxdb+http://127.0.0.1:8086", "http://127.0.0.1:8086", False),
        ("influxdb+http://[::1]:8086/", "http://[::1]:8086", False),
        ("influxdb+https://influx.example:8086/behind/proxy", "https://influx.example:8086/behind/proxy", True),
        ("sqlite:///data/readings.db", None, True),
    ],
)
def test_influxdb_url_is_taken_apart(url: str, influx_url: str | None, compresses: bool) -> None:
    """The address is read from the URL, and what stays on the machine is not compressed unless that is asked for."""
    store = Settings.model_validate({"store": {"url": url}}).store
    assert (store.influx_url, store.compresses) == (influx_url, compresses)
    assert Settings.model_validate({"store": {"url": url, "gzip": not compresses}}).store.compresses is not compresses


def test_one_way_to_say_who_we_are_to_influxdb() -> None:
    """A token and a user at once are refused: it would be unclear which of them is used."""
    with pytest.raises(ValueError, match=r"store\.token .* or store\.username"):
        Settings.model_validate({"store": {"token": "t", "username": "u"}})


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No password is printed, neither one of its own nor one inside a URL."""
    monkeypatch.setenv("YIZHAN_MQTT__URL", "mqtt://me@broker")
    monkeypatch.setenv("YIZHAN_MQTT__PASSWORD", "hush-one")
    monkeypatch.setenv("YIZHAN_DATABASE__URL", "postgresql://me:hush-two@db/yizhan")
    loaded = load()
    output = StringIO()
    show(loaded, Console(width=200, file=output))
    printed = output.getvalue()
    assert "hush" not in printed
    assert "postgresql://me:********@db/yizhan" in printed
    assert loaded.settings.mqtt.password is not None
    assert loaded.settings.mqtt.password.get_secret_value() == "hush-one"


def test_every_setting_says_what_it_means() -> None:
    """No setting is without a meaning."""
    assert all(line.meaning.endswith(".") for line in lines(Settings(), {}))


def test_settings_page_is_made_from_the_settings() -> None:
    """docs/settings.md is what `yizhan settings --markdown` prints."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == markdown()
