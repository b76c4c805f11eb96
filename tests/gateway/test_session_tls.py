"""The session over TLS: on Mosquitto with a certificate of our own authority, and on a server that takes its time."""

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.servers import Mosquitto
from gateway.child_server import LOOPBACK, free_port
from gateway.session import Session
from tests.gateway.listening import WAIT_S, Inbox, ack_all, eventually, listening, send, settings_for, settled

pytestmark = pytest.mark.broker
TOPIC = "yizhan/v1/st-1/backlog"


@dataclass(frozen=True)
class Certificates:
    """Files of an authority and of a server that it vouches for."""

    authority: Path
    server: Path
    key: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made by openssl: an authority of our own, and a certificate for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed; on Debian: apt-get install openssl")
    folder = tmp_path_factory.mktemp("certificates")
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority_key, may_sign = str(folder / "ca.key"), ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    for arguments in (
        ["req", "-x509", *key, *may_sign, "-keyout", authority_key, "-out", str(made.authority), "-subj", "/CN=ours"],
        ["req", *key, "-keyout", str(made.key), "-out", str(folder / "server.csr"), "-subj", "/CN=broker"],
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


@pytest.fixture
async def tls_port(mosquitto: Mosquitto, certificates: Certificates) -> int:
    """Where Mosquitto speaks MQTT over TLS."""
    port = free_port()
    mosquitto.settings = (
        f"listener {port} {LOOPBACK}\ncertfile {certificates.server}\nkeyfile {certificates.key}\n"
        "allow_anonymous true\n"
    )
    await asyncio.to_thread(mosquitto.restart)
    return port


async def test_large_bursts_pass_through_tls(mosquitto: Mosquitto, tls_port: int, certificates: Certificates) -> None:
    """Messages larger than a TLS record, and thousands of small ones, arrive whole: nothing stays in the TLS layer."""
    inbox = Inbox()
    sent = [(TOPIC, bytes([number]) * 256 * 1024) for number in range(20)] + [(TOPIC, b"%d" % n) for n in range(3000)]
    async with listening(inbox, settings_for(tls_port, tls=True, tls_ca=str(certificates.authority))) as session:
        await send(mosquitto.port, sent)
        await inbox.count(len(sent))
        assert inbox.payloads == [payload for _, payload in sent]
        assert ack_all(session, inbox)
        session.publish("yizhan/v1/st-1/command", b"x" * 2_000_000, qos=1)
        await settled(session, mosquitto.port)
        assert session.link.connects == 1


async def test_reading_again_after_a_pause_finds_what_waits_in_tls(
    mosquitto: Mosquitto, tls_port: int, certificates: Certificates
) -> None:
    """A pause in the middle of a burst leaves nothing behind, also no last record that wakes nobody."""
    inbox = Inbox()
    async with listening(inbox, settings_for(tls_port, tls=True, tls_ca=str(certificates.authority))) as session:
        for number in range(1, 6):
            session.pause()
            await send(mosquitto.port, [(TOPIC, b"x" * 100_000)])
            session.resume()
            await inbox.count(number)


# paho leaves the socket of a failed handshake to the garbage collector, which closes it at once and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_unknown_authority_is_named(tls_port: int) -> None:
    """A broker whose certificate nobody vouches for is not talked to, and health says so."""
    async with listening(Inbox(), settings_for(tls_port, tls=True), subscribed=False) as session:
        await eventually(lambda: "certificate verify failed" in session.link.detail)
        assert session.link.connects == 0


async def test_connection_that_is_made_after_the_stop_is_closed(certificates: Certificates) -> None:
    """A handshake that ends when nobody waits for it any more leaves no open connection behind."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.server, certificates.key)

    def shake_hands_and_read_to_the_end(link: socket.socket) -> None:
        link.settimeout(WAIT_S)
        # Depending on how far the last messages of the handshake came, the other side's close is an end or a reset.
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError), context.wrap_socket(link, server_side=True) as tls:
            while tls.recv(4096):
                pass

    with socket.create_server((LOOPBACK, 0)) as server:
        server.setblocking(False)
        settings = settings_for(server.getsockname()[1], tls=True, tls_ca=str(certificates.authority))
        running = asyncio.create_task(Session(settings, Inbox()).run())
        link, _ = await asyncio.get_running_loop().sock_accept(server)
        with link:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await asyncio.to_thread(shake_hands_and_read_to_the_end, link)
