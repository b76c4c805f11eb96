"""The groups of commands that are for operators; `yizhan.py` has the others, and joins all of them."""
