"""What the operational database keeps: one table a subject, every column with its meaning and unit.

Enters: nothing. Leaves: SQLAlchemy Core tables. Never: a query, or a change of a database (that is migrations/).
Instants end in `_ms`: ms since the Unix epoch, UTC. Days are local days of the platform's zone.
Tables keep SQLite's rowid on purpose: rows written on one day then lie together, and updating today's rows of
186,100 stations dirties some 20 MB of pages; ordered by (station, day) it would be one page for each station.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

ROW_ID: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A key that the database counts up itself: SQLite does so only for a column declared INTEGER."""

# ---- the registry ----

STATION: Final = Table(
    "station",
    METADATA,
    Column("id", Text, primary_key=True, comment="station id, [0-9a-z][0-9a-z-]{2,31}, never reused"),
    Column("name", Text, nullable=False, comment="name, Chinese"),
    Column("lat", Float, nullable=False, comment="latitude, WGS-84, degrees"),
    Column("lon", Float, nullable=False, comment="longitude, WGS-84, degrees"),
    Column("province", Text, nullable=False, comment="administrative code of the province"),
    Column(
        "city", Text, nullable=True, comment="administrative code of the city; NULL where that level does not exist"
    ),
    Column("district", Text, nullable=True, comment="code of the district; NULL where that level does not exist"),
    Column("address", Text, nullable=False, comment="street address; empty when unknown"),
    Column("name_en", Text, nullable=False, comment="name, English; empty when unknown"),
    Column("capacity", Integer, nullable=False, comment="seats; 0 when unknown"),
    Column("services", Text, nullable=False, comment="service codes, a sorted JSON list of strings"),
    Column("hours", Text, nullable=False, comment="opening hours in OSM syntax; empty when unknown"),
    Column("access", Text, nullable=False, comment="24h, extended or business"),
    Column("smart", Boolean, nullable=False, comment="has sensors that report"),
    Column("model", Boolean, nullable=False, comment="named a model station by the union"),
    Column("updated_ms", BigInteger, nullable=False, comment="when the row last changed, ms"),
)

ARTICLE: Final = Table(
    "article",
    METADATA,
    Column("sku", Text, primary_key=True, comment="stock-keeping unit, as in the medicine readings"),
    Column("name", Text, nullable=False, comment="name, Chinese"),
    Column("name_en", Text, nullable=False, comment="name, English"),
    Column("unit", Text, nullable=False, comment="what one piece is: box, vial, ..."),
    Column("par", Integer, nullable=False, comment="stock after a refill, pieces"),
    Column("minimum", Integer, nullable=False, comment="stock that calls for a refill, pieces"),
    Column("essential", Boolean, nullable=False, comment="a station must not be without it"),
    Column("for_heat", Boolean, nullable=False, comment="helps against heat stroke"),
)

# ---- visits ----

LEDGER: Final = Table(
    "ledger",
    METADATA,
    Column("station", Text, nullable=False, comment="station id, registered or not"),
    Column("day", Date, nullable=False, comment="local day of the readings' ts"),
    Column("epoch", BigInteger, nullable=False, comment="which life of the meter"),
    Column("lowest", BigInteger, nullable=False, comment="lowest `entered` seen, people"),
    Column("highest", BigInteger, nullable=False, comment="highest `entered` seen, people"),
    Column("first_ts", BigInteger, nullable=False, comment="first reading of the day: sampled at, ms"),
    Column("first_boot", BigInteger, nullable=False, comment="first reading of the day: boot"),
    Column("first_seq", BigInteger, nullable=False, comment="first reading of the day: seq"),
    Column("last_ts", BigInteger, nullable=False, comment="last reading of the day: sampled at, ms"),
    Column("last_boot", BigInteger, nullable=False, comment="last reading of the day: boot"),
    Column("last_seq", BigInteger, nullable=False, comment="last reading of the day: seq"),
    Column("updated_ms", BigInteger, nullable=False, comment="when a merge last moved the row, ms"),
    PrimaryKeyConstraint("station", "day", "epoch"),
    Index(None, "day"),
    Index(None, "updated_ms"),
)

DAY_COUNT: Final = Table(
    "day_count",
    METADATA,
    Column("station", Text, nullable=False, comment="station id"),
    Column("day", Date, nullable=False, comment="local day"),
    Column("visits", BigInteger, nullable=False, comment="people"),
    Column("carried", BigInteger, nullable=False, comment="of visits, those that may belong to an earlier day"),
    Column("quality", Text, nullable=False, comment="exact, provisional or at_least"),
    Column("complete", Boolean, nullable=False, comment="the day was over when this was published"),
    Column("published_ms", BigInteger, nullable=False, comment="when the count was published, ms"),
    PrimaryKeyConstraint("station", "day"),
    Index(None, "day"),
)

REVISION: Final = Table(
    "revision",
    METADATA,
    Column("id", ROW_ID, primary_key=True, comment="in order of writing"),
    Column("station", Text, nullable=False, comment="station id"),
    Column("day", Date, nullable=False, comment="local day whose count changed"),
    Column("old", BigInteger, nullable=False, comment="visits before, people"),
    Column("new", BigInteger, nullable=False, comment="visits after, people"),
    Column("why", Text, nullable=False, comment="reason, for a person"),
    Column("at_ms", BigInteger, nullable=False, comment="when it changed, ms"),
    Index(None, "station", "day"),
    sqlite_autoincrement=True,
)

# ---- what was refused, and how good a station's data is ----

DEAD_LETTER: Final = Table(
    "dead_letter",
    METADATA,
    Column("id", ROW_ID, primary_key=True, comment="in order of writing"),
    Column("received_ms", BigInteger, nullable=False, comment="when the platform received it, ms"),
    Column("topic", Text, nullable=False, comment="MQTT topic"),
    Column("payload", LargeBinary, nullable=False, comment="the message, whole"),
    Column("reason", Text, nullable=False, comment="code of the refusal"),
    Column("detail", Text, nullable=False, comment="what is wrong and what would be right"),
    Column("station", Text, nullable=True, comment="station id, where the topic gave one"),
    Column("boot", BigInteger, nullable=True, comment="boot of the refused reading, where it could be read"),
    Column("seq", BigInteger, nullable=True, comment="seq of the refused reading, where it could be read"),
    Column("size_bytes", BigInteger, nullable=False, comment="what keeping it costs, bytes; pruning sums it"),
    Index(None, "received_ms"),
    Index(None, "station"),
    Index(None, "reason"),
    Index(None, "size_bytes"),
    # Else SQLite would give a dropped letter's number again, and who acts on the number would hit another letter.
    sqlite_autoincrement=True,
)

STATION_QUALITY: Final = Table(
    "station_quality",
    METADATA,
    Column("station", Text, primary_key=True, comment="station id, registered or not"),
    Column("counters", Text, nullable=False, comment="JSON object: unknown fields, refusals by reason, clock offset"),
    Column("updated_ms", BigInteger, nullable=False, comment="when the counters were written, ms"),
)

# ---- who may ask ----

TOKEN: Final = Table(
    "token",
    METADATA,
    Column("id", Text, primary_key=True, comment="names the token; no secret"),
    Column("name", Text, nullable=False, comment="who holds it"),
    Column("role", Text, nullable=False, comment="viewer, crew, operator or admin"),
    Column("regions", Text, nullable=False, comment="sorted JSON list of codes; empty: the whole country"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the secret"),
    Column("created_ms", BigInteger, nullable=False, comment="when it was made, ms"),
    Column("revoked_ms", BigInteger, nullable=True, comment="when it was revoked, ms; NULL while it opens"),
)

# ---- alerts and the work they make; `body` is the JSON of a noun of ingest.alerts, beside it what is searched by ----

ALERT: Final = Table(
    "alert",
    METADATA,
    Column("id", Text, primary_key=True, comment="names the alert for ever"),
    Column("place", Text, nullable=False, comment="station id, region code, or platform"),
    Column("rule", Text, nullable=False, comment="code of the rule"),
    Column("severity", Text, nullable=False, comment="info, warning, critical or emergency"),
    Column("state", Text, nullable=False, comment="pending, firing, unknown or resolved"),
    Column("changed_ms", BigInteger, nullable=False, comment="when state or severity last changed, ms"),
    Column("live", Boolean, nullable=False, comment="still held in memory; false: only a record"),
    Column("body", Text, nullable=False, comment="JSON of ingest.alerts.model.Alert"),
    Index(None, "live"),
    Index(None, "place"),
    Index(None, "changed_ms"),
)

ALERT_CHANGE: Final = Table(
    "alert_change",
    METADATA,
    Column("id", ROW_ID, primary_key=True, comment="in order of writing"),
    Column("alert", Text, nullable=False, comment="id of the alert"),
    Column("kind", Text, nullable=False, comment="what happened: fired, worse, resolved, ..."),
    Column("at_ms", BigInteger, nullable=False, comment="when, ms"),
    Column("severity", Text, nullable=False, comment="after it"),
    Column("value", Text, nullable=True, comment="JSON of the value after it; NULL where the rule is about none"),
    Index(None, "alert"),
    Index(None, "at_ms"),
    sqlite_autoincrement=True,
)

JOB: Final = Table(
    "job",
    METADATA,
    Column("id", Text, primary_key=True, comment="names the job for ever"),
    Column("place", Text, nullable=False, comment="station id, region code, or platform"),
    Column("crew", Text, nullable=True, comment="id of the crew; NULL where none covers it"),
    Column("state", Text, nullable=False, comment="open, acknowledged, in_progress, repaired or closed"),
    Column("severity", Text, nullable=False, comment="the worst of its alerts"),
    Column("opened_ms", BigInteger, nullable=False, comment="when it was opened, ms"),
    Column("changed_ms", BigInteger, nullable=False, comment="when it last changed, ms"),
    Column("live", Boolean, nullable=False, comment="still held in memory: open, or closed within the reopen window"),
    Column("body", Text, nullable=False, comment="JSON of ingest.alerts.work.Job"),
    Index(None, "live"),
    Index(None, "place"),
    Index(None, "opened_ms"),
)

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("id", ROW_ID, primary_key=True, comment="in order of writing"),
    Column("key", Text, nullable=False, comment="the same message is never queued twice"),
    Column("crew", Text, nullable=True, comment="id of the crew it is for"),
    Column("channel", Text, nullable=False, comment="name of the channel"),
    Column("severity", Text, nullable=False, comment="emergencies are sent first"),
    Column("state", Text, nullable=False, comment="waiting, sent or given_up"),
    Column("created_ms", BigInteger, nullable=False, comment="when it was queued, ms"),
    Column("next_ms", BigInteger, nullable=False, comment="when to try (again), ms"),
    Column("tries", Integer, nullable=False, comment="how often it was tried"),
    Column("reason", Text, nullable=False, comment="why the last try failed; empty: it did not"),
    Column("sent_ms", BigInteger, nullable=True, comment="when the channel took it, ms"),
    Column("body", Text, nullable=False, comment="JSON: notice, title, text, payload"),
    UniqueConstraint("key"),
    Index(None, "state", "next_ms"),
    Index(None, "created_ms"),
    sqlite_autoincrement=True,
)

ALERT_NOTE: Final = Table(
    "alert_note",
    METADATA,
    Column("book", Text, nullable=False, comment="whose: told, blindness, consumption, crew, channel, silence, link"),
    Column("name", Text, nullable=False, comment="what it is about, in that book"),
    Column("body", Text, nullable=False, comment="JSON; its shape belongs to the book"),
    Column("updated_ms", BigInteger, nullable=False, comment="when it was written, ms"),
    PrimaryKeyConstraint("book", "name"),
)

ACT: Final = Table(
    "act",
    METADATA,
    Column("id", ROW_ID, primary_key=True, comment="in order of writing"),
    Column("at_ms", BigInteger, nullable=False, comment="when, ms"),
    Column("who", Text, nullable=False, comment="name of the token, or of the crew that a link was for"),
    Column("what", Text, nullable=False, comment="acknowledge, close, confirm, silence, ..."),
    Column("subject", Text, nullable=False, comment="id of the job, alert, silence, crew or channel"),
    Column("detail", Text, nullable=False, comment="reason, comment, or what was set"),
    Column("place", Text, nullable=False, comment="station id, region code, platform, or empty"),
    Index(None, "at_ms"),
    Index(None, "subject"),
    sqlite_autoincrement=True,
)

# ---- what a restart begins with ----

LATEST: Final = Table(
    "latest",
    METADATA,
    Column("station", Text, nullable=False, comment="station id, registered or not"),
    Column("kind", Text, nullable=False, comment="occupancy, battery, medicine, exchange or state"),
    Column("boot", BigInteger, nullable=False, comment="boot of the newest message of the kind"),
    Column("seq", BigInteger, nullable=True, comment="its seq; NULL for a state"),
    Column("ts_ms", BigInteger, nullable=True, comment="when it was sampled, ms; NULL for a state without ts"),
    Column("received_ms", BigInteger, nullable=False, comment="when the platform received it, ms"),
    Column("payload", LargeBinary, nullable=False, comment="the JSON object as the station sent it"),
    Column("seen", Text, nullable=True, comment="JSON of the sequence accounting of the kind; NULL for a state"),
    Column("updated_ms", BigInteger, nullable=False, comment="when the row was written, ms"),
    PrimaryKeyConstraint("station", "kind"),
)

CHECKPOINT: Final = Table(
    "checkpoint",
    METADATA,
    Column("name", Text, primary_key=True, comment="what is remembered"),
    Column("value", Text, nullable=False, comment="its value; meaning and unit belong to who writes it"),
)
