"""What is known right now of every station, and of every region.

Enters: readings and states as they arrive, before they are durable. Leaves: pictures of one station, sums of a region.
Never: counts visits, raises an alert, or asks a database.
"""
