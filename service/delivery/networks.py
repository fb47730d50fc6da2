"""Which addresses of the network a webhook may lead to: public ones, and those that are allowed.

A name is resolved once, every address it has is judged, and the connection goes to the one that was
judged; a second answer of the name server is never asked for.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from service.delivery.failures import Refused, TryLater

Ip = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
PUBLIC_V6, TO_V4 = IPv6Network("2000::/3"), IPv6Network("2002::/16")


def plain(ip: Ip) -> Ip:
    """The IPv4 address inside a mapped one (::ffff:127.0.0.1), or the address as it is."""
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip


def is_public(ip: Ip) -> bool:
    """Whether an address is one of the open internet, and leads to no other inside it."""
    found = plain(ip)
    if not found.is_global or found.is_multicast:
        return False
    return isinstance(found, IPv4Address) or (found in PUBLIC_V6 and found not in TO_V4)


def is_allowed(ip: Ip, networks: Sequence[Network]) -> bool:
    """Whether one of the networks holds the address."""
    found = plain(ip)
    return any(found.version == one.version and found in one for one in networks)


async def addresses_of(host: str, port: int) -> list[Ip]:
    """The addresses of a host, in the order to try. Raises TryLater when it has none now."""
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TryLater(f"the name {host} has no address at the moment") from None
    return [ip_address(str(where[0]).partition("%")[0]) for *_, where in found]


async def judged_address(host: str, port: int, networks: Sequence[Network]) -> tuple[Ip, bool]:
    """The address to connect to, and whether it is one that was allowed by name of its network.

    Raises Refused when any address of the host is neither public nor allowed.
    """
    found = await addresses_of(host, port)
    for ip in found:
        if not is_public(ip) and not is_allowed(ip, networks):
            why = f"{host} leads to {ip}, which is no public address"
            raise Refused(f"{why}; NUZUH_WEBHOOK_NETWORKS can allow its network")
    return found[0], is_allowed(found[0], networks)


def network_of(text: str) -> Network:
    """A network written as 10.0.0.0/8. Raises ValueError for what is none."""
    return ip_network(text)
