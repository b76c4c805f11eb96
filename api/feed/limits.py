"""How often one address may ask: so many requests in any minute, and who asks is told how many are left.

Enters: the address of a client, `now`. Leaves: what is left, or when to come again. Never: trusts what a client says of
its own address; only a proxy that the operator named may say whose request it hands on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple

WINDOW_MS: Final = 60_000
ADDRESSES_MAX: Final = 100_000
"""Remembered. Larger: memory for whoever has many addresses. Smaller: those are let ask more often."""
IPV6_PREFIX: Final = 64
"""A household has this many addresses of its own (RFC 6177)."""

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Allowance(NamedTuple):
    """What a client may still do."""

    is_allowed: bool
    left: int
    reset_s: int
    """Until all of it is there again."""


@dataclass(slots=True)
class _Window:
    began_ms: int
    count: int
    before: int
    """Requests of the window before, which fade as this one goes on."""


class Limits:
    """A sliding window for each address, of two counters."""

    def __init__(self, per_minute: int) -> None:
        """0: no limit."""
        self.per_minute = per_minute
        self._windows: dict[str, _Window] = {}

    def ask(self, client: str, now_ms: int) -> Allowance:
        """Count a request; one that is refused is not counted."""
        if not self.per_minute:
            return Allowance(is_allowed=True, left=0, reset_s=0)
        window = self._windows.pop(client, None)
        began_ms = now_ms - now_ms % WINDOW_MS
        if window is None or window.began_ms < began_ms - WINDOW_MS:
            window = _Window(began_ms, 0, 0)
        elif window.began_ms != began_ms:
            window = _Window(began_ms, 0, window.count)
        self._windows[client] = window  # the newest at the end
        if len(self._windows) > ADDRESSES_MAX:
            del self._windows[next(iter(self._windows))]
        passed_ms = now_ms - began_ms
        weight = window.count + window.before * (WINDOW_MS - passed_ms) // WINDOW_MS
        reset_s = -(-(WINDOW_MS - passed_ms) // 1_000)
        if weight >= self.per_minute:
            return Allowance(is_allowed=False, left=0, reset_s=reset_s)
        window.count += 1
        return Allowance(is_allowed=True, left=self.per_minute - weight - 1, reset_s=reset_s)


class Proxies:
    """Whom the operator trusts to say for whom they ask."""

    def __init__(self, trusted: Iterable[str]) -> None:
        """Networks like 10.0.0.0/8, or single addresses; raises ValueError."""
        self._trusted: list[Network] = [ip_network(one, strict=False) for one in trusted]

    def client(self, peer: str, forwarded: Iterable[str]) -> str:
        """Who asks: the last address of X-Forwarded-For that is no trusted proxy; of IPv6 the household's network.

        `forwarded`: all lines of it. Some proxies add a line of their own, and of one alone a client could choose it.
        """
        address = _address(peer)
        if address is None:
            return peer
        hops = [one.strip() for one in ",".join(forwarded).split(",") if one.strip()]
        while hops and self._is_trusted(address):
            before = _address(hops.pop())
            if before is None:
                break
            address = before
        return _named(address)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _named(address: Address) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
