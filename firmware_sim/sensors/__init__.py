"""What a station measures: a file a sensor, and the little worlds they measure.

Enters: instants and a seeded generator. Leaves: the fields of a reading. Never: seq, boot, or a topic.
"""
