"""0001: the registry, the ledger and its counts, dead letters, the snapshot of the live picture."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them all."""
    op.create_table(
        "article",
        sa.Column("sku", sa.Text(), nullable=False, comment="stock-keeping unit, as in the medicine readings"),
        sa.Column("name", sa.Text(), nullable=False, comment="name, Chinese"),
        sa.Column("name_en", sa.Text(), nullable=False, comment="name, English"),
        sa.Column("unit", sa.Text(), nullable=False, comment="what one piece is: box, vial, ..."),
        sa.Column("par", sa.Integer(), nullable=False, comment="stock after a refill, pieces"),
        sa.Column("minimum", sa.Integer(), nullable=False, comment="stock that calls for a refill, pieces"),
        sa.Column("essential", sa.Boolean(), nullable=False, comment="a station must not be without it"),
        sa.Column("for_heat", sa.Boolean(), nullable=False, comment="helps against heat stroke"),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_article")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("name", sa.Text(), nullable=False, comment="what is remembered"),
        sa.Column("value", sa.Text(), nullable=False, comment="its value; meaning and unit belong to who writes it"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "day_count",
        sa.Column("station", sa.Text(), nullable=False, comment="station id"),
        sa.Column("day", sa.Date(), nullable=False, comment="local day"),
        sa.Column("visits", sa.BigInteger(), nullable=False, comment="people"),
        sa.Column(
            "carried", sa.BigInteger(), nullable=False, comment="of visits, those that may belong to an earlier day"
        ),
        sa.Column("quality", sa.Text(), nullable=False, comment="exact, provisional or at_least"),
        sa.Column("complete", sa.Boolean(), nullable=False, comment="the day was over when this was published"),
        sa.Column("published_ms", sa.BigInteger(), nullable=False, comment="when the count was published, ms"),
        sa.PrimaryKeyConstraint("station", "day", name=op.f("pk_day_count")),
    )
    op.create_index(op.f("ix_day_count_day"), "day_count", ["day"])
    op.create_table(
        "dead_letter",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="in order of writing"
        ),
        sa.Column("received_ms", sa.BigInteger(), nullable=False, comment="when the platform received it, ms"),
        sa.Column("topic", sa.Text(), nullable=False, comment="MQTT topic"),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="the message, whole"),
        sa.Column("reason", sa.Text(), nullable=False, comment="code of the refusal"),
        sa.Column("detail", sa.Text(), nullable=False, comment="what is wrong and what would be right"),
        sa.Column("station", sa.Text(), nullable=True, comment="station id, where the topic gave one"),
        sa.Column(
            "boot", sa.BigInteger(), nullable=True, comment="boot of the refused reading, where it could be read"
        ),
        sa.Column("seq", sa.BigInteger(), nullable=True, comment="seq of the refused reading, where it could be read"),
        sa.Column(
            "size_bytes", sa.BigInteger(), nullable=False, comment="what keeping it costs, bytes; pruning sums it"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_dead_letter_reason"), "dead_letter", ["reason"])
    op.create_index(op.f("ix_dead_letter_received_ms"), "dead_letter", ["received_ms"])
    op.create_index(op.f("ix_dead_letter_size_bytes"), "dead_letter", ["size_bytes"])
    op.create_index(op.f("ix_dead_letter_station"), "dead_letter", ["station"])
    op.create_table(
        "latest",
        sa.Column("station", sa.Text(), nullable=False, comment="station id, registered or not"),
        sa.Column("kind", sa.Text(), nullable=False, comment="occupancy, battery, medicine, exchange or state"),
        sa.Column("boot", sa.BigInteger(), nullable=False, comment="boot of the newest message of the kind"),
        sa.Column("seq", sa.BigInteger(), nullable=True, comment="its seq; NULL for a state"),
        sa.Column(
            "ts_ms", sa.BigInteger(), nullable=True, comment="when it was sampled, ms; NULL for a state without ts"
        ),
        sa.Column("received_ms", sa.BigInteger(), nullable=False, comment="when the platform received it, ms"),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="the JSON object as the station sent it"),
        sa.Column(
            "seen", sa.Text(), nullable=True, comment="JSON of the sequence accounting of the kind; NULL for a state"
        ),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False, comment="when the row was written, ms"),
        sa.PrimaryKeyConstraint("station", "kind", name=op.f("pk_latest")),
    )
    op.create_table(
        "ledger",
        sa.Column("station", sa.Text(), nullable=False, comment="station id, registered or not"),
        sa.Column("day", sa.Date(), nullable=False, comment="local day of the readings' ts"),
        sa.Column("epoch", sa.BigInteger(), nullable=False, comment="which life of the meter"),
        sa.Column("lowest", sa.BigInteger(), nullable=False, comment="lowest `entered` seen, people"),
        sa.Column("highest", sa.BigInteger(), nullable=False, comment="highest `entered` seen, people"),
        sa.Column("first_ts", sa.BigInteger(), nullable=False, comment="first reading of the day: sampled at, ms"),
        sa.Column("first_boot", sa.BigInteger(), nullable=False, comment="first reading of the day: boot"),
        sa.Column("first_seq", sa.BigInteger(), nullable=False, comment="first reading of the day: seq"),
        sa.Column("last_ts", sa.BigInteger(), nullable=False, comment="last reading of the day: sampled at, ms"),
        sa.Column("last_boot", sa.BigInteger(), nullable=False, comment="last reading of the day: boot"),
        sa.Column("last_seq", sa.BigInteger(), nullable=False, comment="last reading of the day: seq"),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False, comment="when a merge last moved the row, ms"),
        sa.PrimaryKeyConstraint("station", "day", "epoch", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_day"), "ledger", ["day"])
    op.create_index(op.f("ix_ledger_updated_ms"), "ledger", ["updated_ms"])
    op.create_table(
        "revision",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="in order of writing"
        ),
        sa.Column("station", sa.Text(), nullable=False, comment="station id"),
        sa.Column("day", sa.Date(), nullable=False, comment="local day whose count changed"),
        sa.Column("old", sa.BigInteger(), nullable=False, comment="visits before, people"),
        sa.Column("new", sa.BigInteger(), nullable=False, comment="visits after, people"),
        sa.Column("why", sa.Text(), nullable=False, comment="reason, for a person"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="when it changed, ms"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_revision_station_day"), "revision", ["station", "day"])
    op.create_table(
        "station",
        sa.Column("id", sa.Text(), nullable=False, comment="station id, [0-9a-z][0-9a-z-]{2,31}, never reused"),
        sa.Column("name", sa.Text(), nullable=False, comment="name, Chinese"),
        sa.Column("lat", sa.Float(), nullable=False, comment="latitude, WGS-84, degrees"),
        sa.Column("lon", sa.Float(), nullable=False, comment="longitude, WGS-84, degrees"),
        sa.Column("province", sa.Text(), nullable=False, comment="administrative code of the province"),
        sa.Column(
            "city",
            sa.Text(),
            nullable=True,
            comment="administrative code of the city; NULL where that level does not exist",
        ),
        sa.Column(
            "district", sa.Text(), nullable=True, comment="code of the district; NULL where that level does not exist"
        ),
        sa.Column("address", sa.Text(), nullable=False, comment="street address; empty when unknown"),
        sa.Column("name_en", sa.Text(), nullable=False, comment="name, English; empty when unknown"),
        sa.Column("capacity", sa.Integer(), nullable=False, comment="seats; 0 when unknown"),
        sa.Column("services", sa.Text(), nullable=False, comment="service codes, a sorted JSON list of strings"),
        sa.Column("hours", sa.Text(), nullable=False, comment="opening hours in OSM syntax; empty when unknown"),
        sa.Column("access", sa.Text(), nullable=False, comment="24h, extended or business"),
        sa.Column("smart", sa.Boolean(), nullable=False, comment="has sensors that report"),
        sa.Column("model", sa.Boolean(), nullable=False, comment="named a model station by the union"),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False, comment="when the row last changed, ms"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
    )
    op.create_table(
        "station_quality",
        sa.Column("station", sa.Text(), nullable=False, comment="station id, registered or not"),
        sa.Column(
            "counters",
            sa.Text(),
            nullable=False,
            comment="JSON object: unknown fields, refusals by reason, clock offset",
        ),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False, comment="when the counters were written, ms"),
        sa.PrimaryKeyConstraint("station", name=op.f("pk_station_quality")),
    )
