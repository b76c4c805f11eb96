"""The pages for people: rendered here, usable without scripts, made live by small modules of our own.

Enters: requests of browsers. Leaves: HTML, style, scripts and icons, under a strict content policy.
Never: runs or loads anything from elsewhere, or shows an old value as if it were now.
"""
