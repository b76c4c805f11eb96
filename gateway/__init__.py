"""The MQTT edge: bytes from a broker become typed messages, and ours become bytes.

Enters: MQTT packets. Leaves: topics and payloads that were checked against docs/protocol.md.
Never: decides what a reading means, keeps one, or knows that a database exists.
"""
