"""Load programs and the servers that they and the tests start. Each is run as `python -m bench.NAME`.

Enters: the platform as it is. Leaves: numbers. Never: load on anything but this machine's loopback.
"""
