"""Which store keeps the readings, and how it is reached.

Enters: values. Leaves: frozen settings, checked. Never: reads a file by itself.
"""

from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from assembly.section import Section

INFLUX_SCHEMES: Final = {"influxdb+http": "http", "influxdb+https": "https"}
LOOPBACKS: Final = {"127.0.0.1", "::1", "localhost"}


def _store_url(text: str) -> str:
    if text == "null:" or (text.startswith("sqlite:///") and text != "sqlite:///"):
        return text
    parts = urlsplit(text)
    if parts.scheme not in INFLUX_SCHEMES or not parts.hostname:
        raise ValueError("must be like sqlite:///data/readings.db or influxdb+http://host:8086, or null: for a bench")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user: give store.token, or store.username and store.password")
    if parts.query or parts.fragment:
        raise ValueError("must end with the port or a path: give the bucket as store.bucket")
    _ = parts.port  # raises ValueError with a clear text for one that is no port
    return text


class StoreSettings(Section):
    """Where readings are kept."""

    url: Annotated[
        str,
        AfterValidator(_store_url),
        Field(
            description="`sqlite:///data/readings.db` (one file); `influxdb+http://host:8086` or, with TLS, "
            "`influxdb+https://host:8086` (InfluxDB 1.x, 2.x or 3.x); or `null:`, which keeps nothing (for benches)."
        ),
    ] = "sqlite:///data/readings.db"
    bucket: Annotated[
        str,
        Field(
            min_length=1,
            description="InfluxDB: the bucket; on 1.x and 3.x the database, on 1.x also `database/retention-policy`. "
            "Made at the start on 1.x, where the user may.",
        ),
    ] = "yizhan"
    org: Annotated[str, Field(description="InfluxDB 2.x: the organization that the bucket belongs to.")] = ""
    token: Annotated[
        SecretStr | None,
        Field(description="InfluxDB 2.x and 3.x: a token that may read and write the bucket."),
    ] = None
    username: Annotated[
        str | None, Field(min_length=1, description="InfluxDB 1.x: the user; unset: none is asked for.")
    ] = None
    password: Annotated[SecretStr | None, Field(description="Of `store.username`.")] = None
    tls_ca: Annotated[
        Path | None,
        Field(description="PEM file of the authorities that may vouch for InfluxDB; unset: those of the system."),
    ] = None
    timeout_s: Annotated[
        float,
        Field(
            ge=1,
            le=300,
            description="Seconds that InfluxDB may take for a write, or be silent while it answers a question. Too "
            "small: a write is taken for failed, and sent again, while a busy server is still at it. Too large: a "
            "broken connection is noticed late.",
        ),
    ] = 10.0
    gzip: Annotated[
        bool | None,
        Field(
            description="Compress what is sent to InfluxDB: an eighth of the bytes for a little CPU. Unset: unless it "
            "is on this machine."
        ),
    ] = None

    @property
    def sqlite_path(self) -> Path | None:
        """The file of a `sqlite:///` URL (four slashes: from the root), else None."""
        return Path(self.url.removeprefix("sqlite:///")) if self.url.startswith("sqlite:///") else None

    @property
    def influx_url(self) -> str | None:
        """Where InfluxDB is asked, as http or https; None for another store."""
        scheme, _, rest = self.url.partition("://")
        return f"{INFLUX_SCHEMES[scheme]}://{rest.rstrip('/')}" if scheme in INFLUX_SCHEMES else None

    @property
    def compresses(self) -> bool:
        """Whether to compress what is sent to InfluxDB."""
        return self.gzip if self.gzip is not None else urlsplit(self.url).hostname not in LOOPBACKS

    @model_validator(mode="after")
    def _credentials_fit(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("store.password is given, and store.username is not")
        if self.token is not None and self.username is not None:
            raise ValueError("give store.token (2.x, 3.x) or store.username (1.x), not both")
        return self
