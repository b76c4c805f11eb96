"""Certificates for tests, made by openssl: an authority of our own, and what it vouches for.

Enters: a folder. Leaves: PEM files for a server on 127.0.0.1. Never: a certificate that outlives its test run.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.child_server import LOOPBACK


@dataclass(frozen=True)
class Certificates:
    """Files of an authority and of a server that it vouches for."""

    authority: Path
    server: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """The files, in the folder; where openssl is not installed the test is skipped."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed; on Debian: apt-get install openssl")
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority_key, may_sign = str(folder / "ca.key"), ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    for arguments in (
        ["req", "-x509", *key, *may_sign, "-keyout", authority_key, "-out", str(made.authority), "-subj", "/CN=ours"],
        ["req", *key, "-keyout", str(made.key), "-out", str(folder / "server.csr"), "-subj", "/CN=server"],
    ):
        subprocess.run([openssl, *arguments], check=True, capture_output=True)
    names = folder / "names"
    # From 3.13 on Python wants of a certificate what RFC 5280 wants: whose key signed it, and what that key is for.
    extensions = f"subjectAltName=IP:{LOOPBACK}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    names.write_text(extensions, encoding="utf-8")
    signing = ["x509", "-req", "-in", str(folder / "server.csr"), "-CA", str(made.authority), "-extfile", str(names)]
    signing += ["-CAkey", authority_key, "-CAcreateserial", "-out", str(made.server)]
    subprocess.run([openssl, *signing], check=True, capture_output=True)
    return made
