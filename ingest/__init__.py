"""Everything that happens to a reading: decoded, counted, shown, made durable, then acknowledged.

Enters: messages from the gateway. Leaves: stored readings, a live picture, visit counts, alerts.
Never: speaks HTTP to people, or imports api/ or firmware_sim/.
"""
