"""Where readings become durable: one port (`ingest.ports.ReadingStore`), one contract suite run on every store.

Enters: batches of readings. Leaves: the same readings, each once. Never: a count, a rule, or an acknowledgement.
"""
