"""The wiring room: settings become objects, objects are connected, commands get their bodies.

Enters: settings. Leaves: a running platform, or a command's answer. Never: a rule about readings (that is ingest's).
"""
