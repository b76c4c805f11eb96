"""Prometheus's own tool, which reads rules and works out what they would do.

Enters: its arguments. Leaves: what it said. Never: a server.
"""

import shutil
import subprocess

import pytest


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    """What Prometheus's own tool says."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed; on Debian: apt-get install prometheus")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)
