"""HTTP: the public feed, the page for people, health and metrics.

Enters: requests. Leaves: JSON, problem documents (RFC 9457), HTML.
Never: a broker, a store or a reading's bytes; all that is known comes through the ports of `ingest.ports`.
"""
