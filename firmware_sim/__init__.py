"""A station's firmware and a fleet of them, written from the protocol page alone.

Enters: a seed, a plan, a broker. Leaves: what real stations would publish, and the truth about it.
Never: imports another room; nothing that the platform believes is known here.
"""
