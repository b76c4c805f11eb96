"""0003: alerts, the jobs and messages they make, and what people did about them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "act",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="in order of writing"
        ),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="when, ms"),
        sa.Column("who", sa.Text(), nullable=False, comment="name of the token, or of the crew that a link was for"),
        sa.Column("what", sa.Text(), nullable=False, comment="acknowledge, close, confirm, silence, ..."),
        sa.Column("subject", sa.Text(), nullable=False, comment="id of the job, alert, silence, crew or channel"),
        sa.Column("detail", sa.Text(), nullable=False, comment="reason, comment, or what was set"),
        sa.Column("place", sa.Text(), nullable=False, comment="station id, region code, platform, or empty"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_act_at_ms"), "act", ["at_ms"], unique=False)
    op.create_index(op.f("ix_act_subject"), "act", ["subject"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.Text(), nullable=False, comment="names the alert for ever"),
        sa.Column("place", sa.Text(), nullable=False, comment="station id, region code, or platform"),
        sa.Column("rule", sa.Text(), nullable=False, comment="code of the rule"),
        sa.Column("severity", sa.Text(), nullable=False, comment="info, warning, critical or emergency"),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, firing, unknown or resolved"),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False, comment="when state or severity last changed, ms"),
        sa.Column("live", sa.Boolean(), nullable=False, comment="still held in memory; false: only a record"),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON of ingest.alerts.model.Alert"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_changed_ms"), "alert", ["changed_ms"], unique=False)
    op.create_index(op.f("ix_alert_live"), "alert", ["live"], unique=False)
    op.create_index(op.f("ix_alert_place"), "alert", ["place"], unique=False)
    op.create_table(
        "alert_change",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="in order of writing"
        ),
        sa.Column("alert", sa.Text(), nullable=False, comment="id of the alert"),
        sa.Column("kind", sa.Text(), nullable=False, comment="what happened: fired, worse, resolved, ..."),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="when, ms"),
        sa.Column("severity", sa.Text(), nullable=False, comment="after it"),
        sa.Column(
            "value", sa.Text(), nullable=True, comment="JSON of the value after it; NULL where the rule is about none"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_change")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_change_alert"), "alert_change", ["alert"], unique=False)
    op.create_index(op.f("ix_alert_change_at_ms"), "alert_change", ["at_ms"], unique=False)
    op.create_table(
        "alert_note",
        sa.Column(
            "book",
            sa.Text(),
            nullable=False,
            comment="whose: told, blindness, consumption, crew, channel, silence, link",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="what it is about, in that book"),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON; its shape belongs to the book"),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False, comment="when it was written, ms"),
        sa.PrimaryKeyConstraint("book", "name", name=op.f("pk_alert_note")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False, comment="names the job for ever"),
        sa.Column("place", sa.Text(), nullable=False, comment="station id, region code, or platform"),
        sa.Column("crew", sa.Text(), nullable=True, comment="id of the crew; NULL where none covers it"),
        sa.Column("state", sa.Text(), nullable=False, comment="open, acknowledged, in_progress, repaired or closed"),
        sa.Column("severity", sa.Text(), nullable=False, comment="the worst of its alerts"),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False, comment="when it was opened, ms"),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False, comment="when it last changed, ms"),
        sa.Column(
            "live",
            sa.Boolean(),
            nullable=False,
            comment="still held in memory: open, or closed within the reopen window",
        ),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON of ingest.alerts.work.Job"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_live"), "job", ["live"], unique=False)
    op.create_index(op.f("ix_job_opened_ms"), "job", ["opened_ms"], unique=False)
    op.create_index(op.f("ix_job_place"), "job", ["place"], unique=False)
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="in order of writing"
        ),
        sa.Column("key", sa.Text(), nullable=False, comment="the same message is never queued twice"),
        sa.Column("crew", sa.Text(), nullable=True, comment="id of the crew it is for"),
        sa.Column("channel", sa.Text(), nullable=False, comment="name of the channel"),
        sa.Column("severity", sa.Text(), nullable=False, comment="emergencies are sent first"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, sent or given_up"),
        sa.Column("created_ms", sa.BigInteger(), nullable=False, comment="when it was queued, ms"),
        sa.Column("next_ms", sa.BigInteger(), nullable=False, comment="when to try (again), ms"),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how often it was tried"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why the last try failed; empty: it did not"),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True, comment="when the channel took it, ms"),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON: notice, title, text, payload"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_created_ms"), "outbox", ["created_ms"], unique=False)
    op.create_index(op.f("ix_outbox_state_next_ms"), "outbox", ["state", "next_ms"], unique=False)
