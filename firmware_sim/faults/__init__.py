"""What goes wrong with stations, as objects that can be combined.

Enters: a site, a seed. Leaves: a site that is worse off, then mended. Never: touches what the truth is made of.
A new fault is a class with `begin` and `end` and a line in `faults/catalogue.py`.
"""
