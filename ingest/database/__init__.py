"""The operational database: registry, ledger, published counts, dead letters, the snapshot of the live picture.

Enters: plain tuples of `ingest.model`. Leaves: the same, durable. Never: raw readings (those are in the store).
`tables` says what is kept, `database` owns the connection and its thread, every other module is SQL on one table.
"""
