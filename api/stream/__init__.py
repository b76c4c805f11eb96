"""`/v1/stream`: what changes, told at once to everyone who listens, as server-sent events.

Enters: news of ingest. Leaves: events, to each listener those that it asked for. Never: a listener that slows another.
"""
