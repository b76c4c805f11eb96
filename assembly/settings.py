"""What an operator may set, with its meaning, bounds and default. docs/settings.md is made from this file.

Enters: values from a TOML file and the environment. Leaves: frozen settings, checked. Never: reads a file by itself.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from assembly.alert_settings import AlertsSettings
from assembly.log_settings import LogSettings
from assembly.section import Section
from assembly.spool_settings import SpoolSettings
from assembly.store_settings import StoreSettings

ENV_PREFIX: Final = "YIZHAN_"
ENV_DELIMITER: Final = "__"

MQTT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


def _broker_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in MQTT_PORTS or not parts.hostname:
        raise ValueError("must be like mqtt://host:1883 or, with TLS, mqtts://user@host:8883")
    if parts.password is not None:
        raise ValueError("must not hold the password, which would be printed with it: give it as mqtt.password")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("must end with the port: nothing may follow it")
    _ = parts.port  # raises ValueError with a clear text for one that is no port
    return text


def _database_url(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://")):
        raise ValueError("must be like sqlite:///data/yizhan.db or postgresql://user:password@host/name")
    return text


def _networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for one in networks:
        try:
            ip_network(one, strict=False)
        except ValueError as error:
            raise ValueError("must be addresses or networks, like 10.0.0.0/8") from error
    return networks


def _zone_name(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("must name a time zone of the IANA list, like Asia/Shanghai") from error
    return text


class MqttSettings(Section):
    """The broker that stations publish to."""

    url: Annotated[
        str,
        AfterValidator(_broker_url),
        Field(description="The broker: `mqtt://host:1883`, or with TLS and a user `mqtts://user@host:8883`. MQTT 5."),
    ] = "mqtt://127.0.0.1:1883"
    password: Annotated[
        SecretStr | None, Field(description="Password of the user in `mqtt.url`. Rather from the environment.")
    ] = None
    client_id: Annotated[
        str,
        Field(
            min_length=1,
            max_length=64,
            description="Name of the session that the broker keeps while the platform is away. Changed: what waits "
            "under the old name is not read. The same for two processes: they throw each other out.",
        ),
    ] = "yizhan-ingest"
    tls_ca: Annotated[
        Path | None,
        Field(description="PEM file of the authorities that may vouch for the broker; unset: those of the system."),
    ] = None
    receive_maximum: Annotated[
        int,
        Field(
            ge=1,
            le=65_535,
            description="Messages that may be unacknowledged. Too small: throughput is this number over the time to "
            "become durable. Too large: more memory, and more comes again after a crash. The broker may allow less.",
        ),
    ] = 10_000
    keepalive_s: Annotated[
        int,
        Field(
            ge=5,
            le=3_600,
            description="Seconds of silence after which the connection is tried. Too small: pings for nothing, and "
            "cuts on a slow network. Too large: a broken connection is noticed late.",
        ),
    ] = 30
    share_group: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9A-Za-z_-]+$",
            description="Group of a shared subscription, the same for every ingesting process; each of them with its "
            "own `mqtt.client_id` and `alerts.enabled = false`: alerts want one that hears every station. Unset: one "
            "process reads everything.",
        ),
    ] = None

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        """Of the broker."""
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        """Of the broker; 1883, or 8883 with TLS, where the URL has none."""
        return self._parts.port or MQTT_PORTS[self._parts.scheme]

    @property
    def username(self) -> str | None:
        """None: anonymous."""
        return self._parts.username

    @property
    def tls(self) -> bool:
        """Whether the URL asks for it."""
        return self._parts.scheme == "mqtts"


class DatabaseSettings(Section):
    """The operational database: registry, counts, dead letters."""

    url: Annotated[
        str,
        AfterValidator(_database_url),
        Field(description="`sqlite:///data/yizhan.db`, or `postgresql://user:password@host/name`."),
    ] = "sqlite:///data/yizhan.db"


class ApiSettings(Section):
    """The HTTP side: public answers, page, metrics."""

    host: Annotated[
        str,
        Field(
            min_length=1,
            description="Address to listen on. 127.0.0.1: this machine alone. 0.0.0.0: everyone, so put a proxy with "
            "TLS before it.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535, description="Port to listen on; 0: a free one, told at the start.")] = (
        8080
    )
    ttl_s: Annotated[
        int,
        Field(
            ge=1,
            le=3_600,
            description="Seconds that an answer may be kept. Too small: every reader asks again before anything can "
            "have changed. Too large: a phone shows seats that are gone.",
        ),
    ] = 10
    shared_ms: Annotated[
        int,
        Field(
            ge=0,
            le=60_000,
            description="Milliseconds for which all who ask the same get the same bytes. Too small: a spike of readers "
            "makes each answer anew. Too large: seats that are gone are told.",
        ),
    ] = 1_000
    requests_per_minute: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Requests of one address in a minute; 0: no limit. Too small: a family behind one address is "
            "refused. Too large: one program takes what a city needs.",
        ),
    ] = 1_200
    trusted_proxies: Annotated[
        tuple[str, ...],
        AfterValidator(_networks),
        Field(
            description='Networks of proxies whose X-Forwarded-For is believed, as JSON: `["127.0.0.1"]`. Missing: all '
            "people behind a proxy share one limit. Too many: anybody may pretend to be another."
        ),
    ] = ()
    feed_contact: Annotated[
        str | None,
        Field(
            pattern=r"^[^@\s]+@[^@\s]+$",
            description="Mail address for questions about the public data, in the GBFS feed. Unset: `feed@` this host.",
        ),
    ] = None
    few_people: Annotated[
        int,
        Field(
            ge=1,
            le=20,
            description="Fewer people than these at a station are told as none or as these, so that nobody is watched; "
            "1: all are told. Too large: a station seems empty that is not.",
        ),
    ] = 3
    page_stations: Annotated[
        int,
        Field(
            ge=1,
            le=200,
            description="Stations on one page of the list. Too small: people turn pages. Too large: slow phones wait.",
        ),
    ] = 30

    map_geojson: Annotated[
        Path | None,
        Field(
            description="GeoJSON of the provinces, shown at `/overview` in place of its squares; a feature names its "
            "province as `adcode`, `code` or `id`. Only with `api.map_approval`. Unset: squares without borders.",
        ),
    ] = None
    map_approval: Annotated[
        str, Field(max_length=40, description="Approval number (审图号) of that map, which is printed below it.")
    ] = ""


class PlatformSettings(Section):
    """What holds for the platform as a whole."""

    time_zone: Annotated[
        str,
        AfterValidator(_zone_name),
        Field(
            description="Civil time of the stations: where a day begins, and how opening hours are read. Changed "
            "later: days that were counted before keep their old ends."
        ),
    ] = "Asia/Shanghai"
    holidays: Annotated[
        str,
        Field(
            pattern=r"^[A-Z]{2}$",
            description="Country (ISO 3166) whose public holidays `PH` means in opening hours.",
        ),
    ] = "CN"
    clock_future_s: Annotated[
        int,
        Field(
            ge=1,
            le=86_400,
            description="Seconds that a station's clock may be ahead. Too small: good stations are refused. Too large: "
            "a wrong clock books visits on tomorrow.",
        ),
    ] = 300
    clock_past_days: Annotated[
        int,
        Field(
            ge=1,
            le=3_650,
            description="Days that a reading may be old. Too small: a backlog after a long outage is refused. Too "
            "large: a clock that was reset books visits on days long past.",
        ),
    ] = 30
    default_interval_s: Annotated[
        int,
        Field(
            ge=1,
            le=86_400,
            description="Report interval of a station whose birth has not told one: it is dark after three of them. "
            "Too small: slow stations look dark. Too large: dead ones look alive.",
        ),
    ] = 60


class DeadLetterSettings(Section):
    """Refused messages, kept whole. The older of the two bounds that is reached lets the oldest go."""

    keep_days: Annotated[
        int,
        Field(
            ge=1,
            le=3_650,
            description="Days that a refused message is kept. Too small: gone before anyone has looked. Too large: "
            "only `dead_letters.keep_mib` bounds them.",
        ),
    ] = 90
    keep_mib: Annotated[
        int,
        Field(
            ge=1,
            le=1_048_576,
            description="MiB of refused messages that are kept. Too small: one broken fleet drives all others out. Too "
            "large: it fills the disk of the database.",
        ),
    ] = 1024


class Settings(BaseSettings):
    """All of it. Made without arguments it holds the defaults; `assembly.settings_sources.load` gathers the values."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=ENV_DELIMITER,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    mqtt: MqttSettings = MqttSettings()
    store: StoreSettings = StoreSettings()
    spool: SpoolSettings = SpoolSettings()
    database: DatabaseSettings = DatabaseSettings()
    api: ApiSettings = ApiSettings()
    platform: PlatformSettings = PlatformSettings()
    dead_letters: DeadLetterSettings = DeadLetterSettings()
    alerts: AlertsSettings = AlertsSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library passes them all
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing is read behind the back of who makes one."""
        return (init_settings,)

    @model_validator(mode="after")
    def _password_has_a_user(self) -> Self:
        if self.mqtt.password is not None and self.mqtt.username is None:
            raise ValueError("mqtt.password is given, and mqtt.url names no user: write mqtt://user@host")
        return self

    @model_validator(mode="after")
    def _alerts_hear_every_station(self) -> Self:
        if self.mqtt.share_group is not None and self.alerts.enabled:
            raise ValueError(
                "mqtt.share_group deals the readings out among processes, and to each of them the stations of the "
                "others would look dark: set alerts.enabled = false in all of them, or leave mqtt.share_group out"
            )
        return self

    @model_validator(mode="after")
    def _map_is_approved(self) -> Self:
        if self.api.map_geojson is not None and not self.api.map_approval.strip():
            raise ValueError("api.map_geojson wants api.map_approval: a map of China is published with its 审图号")
        return self
