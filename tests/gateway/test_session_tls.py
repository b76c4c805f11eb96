"""The session over TLS: on Mosquitto with a certificate of our own authority, and on a server that takes its time."""

import asyncio
import contextlib
import socket
import ssl

import pytest

from bench.servers import Mosquitto
from gateway.child_server import LOOPBACK, free_port
from gateway.session import Session
from tests.certificates import Certificates, make_certificates
from tests.gateway.listening import WAIT_S, Inbox, ack_all, eventually, listening, send, settings_for, settled

pytestmark = pytest.mark.broker
TOPIC = "yizhan/v1/st-1/backlog"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of our own, and a certificate for 127.0.0.1."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


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
