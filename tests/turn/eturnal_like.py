"""A TURN relay over UDP that believes what eturnal believes: Debian has no eturnal to test with.

By its documentation: a username is an expiry, alone or with a suffix behind a colon; the password is
base64(HMAC-SHA1(secret, username)); there may be several secrets, of any form; the realm is its own.
`python -m tests.turn.eturnal_like ADDRESS SECRET ...` runs it, and prints a line for each allocation.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Mapping
from struct import pack, unpack
from typing import cast

from aioice import stun

from meshvoice.turn.credentials import sign

REALM = "eturnal.net"
NONCE = b"7f3a9c"
UNAUTHORIZED = b"Unauthorized"
LIFETIME = 600
Peer = tuple[str, int]


class Relay(asyncio.DatagramProtocol):
    """The listening socket."""

    SOFTWARE: Mapping[str, object] = {"SOFTWARE": "eturnal"}

    def __init__(self, address: str, secrets: list[str], *, reason: bytes = UNAUTHORIZED) -> None:
        """`reason` is what a refusal says, of as many bytes as the usual one."""
        self.address = address
        self.transport: asyncio.DatagramTransport
        self._secrets = secrets
        self._reason = reason
        self._allocations: dict[Peer, Allocation] = {}
        self._allocating: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        addr = addr[:2]
        if data[0] >> 6 == 1:
            number, length = unpack("!HH", data[:4])
            self._allocations[addr].send(data[4 : 4 + length], self._allocations[addr].channels[number])
            return
        asked = stun.parse_message(data)
        if asked.message_class == stun.Class.INDICATION:
            self._allocations[addr].send(asked.attributes["DATA"], asked.attributes["XOR-PEER-ADDRESS"][:2])
            return
        if asked.message_method == stun.Method.BINDING:
            self._answer(asked, addr, {"XOR-MAPPED-ADDRESS": addr})
            return
        key = self._key(asked)
        if key is None:
            refusal = {"ERROR-CODE": (401, UNAUTHORIZED.decode()), "REALM": REALM, "NONCE": NONCE}
            self._answer(asked, addr, refusal, refused=True)
        elif asked.message_method == stun.Method.ALLOCATE:
            task = asyncio.get_running_loop().create_task(self._allocate(asked, addr, key))
            self._allocating.add(task)
            task.add_done_callback(self._allocating.discard)
        else:
            if asked.message_method == stun.Method.CHANNEL_BIND:
                self._allocations[addr].bind(
                    asked.attributes["CHANNEL-NUMBER"], asked.attributes["XOR-PEER-ADDRESS"][:2]
                )
            told = {"LIFETIME": LIFETIME} if asked.message_method == stun.Method.REFRESH else {}
            self._answer(asked, addr, told, key=key)

    async def _allocate(self, asked: stun.Message, addr: Peer, key: bytes) -> None:
        # Who asks again, for the answer was late, gets the same address.
        made = self._allocations.setdefault(addr, Allocation(self, addr))
        await made.open(self.address)
        relayed = made.transport.get_extra_info("sockname")[:2]
        print("allocated", asked.attributes["USERNAME"], flush=True)
        told = {"XOR-RELAYED-ADDRESS": relayed, "XOR-MAPPED-ADDRESS": addr, "LIFETIME": LIFETIME}
        self._answer(asked, addr, told, key=key)

    def _key(self, asked: stun.Message) -> bytes | None:
        """Give the key by which a request is signed; none where it isn't, by no secret, or too late."""
        username = str(asked.attributes.get("USERNAME", ""))
        expiry = username.partition(":")[0]
        if not expiry.isdigit() or int(expiry) < time.time():
            return None
        for secret in self._secrets:
            password = sign(username, secret=secret)
            key = hashlib.md5(f"{username}:{REALM}:{password}".encode()).digest()
            if asked.check_message_integrity(key):
                return key
        return None

    def _answer(
        self,
        asked: stun.Message,
        addr: Peer,
        attributes: Mapping[str, object],
        *,
        key: bytes | None = None,
        refused: bool = False,
    ) -> None:
        message = stun.Message(
            message_method=asked.message_method,
            message_class=stun.Class.ERROR if refused else stun.Class.RESPONSE,
            transaction_id=asked.transaction_id,
            attributes={**attributes, **self.SOFTWARE},
        )
        if key is not None:
            message.add_message_integrity(key)
        self.transport.sendto(bytes(message).replace(UNAUTHORIZED, self._reason), addr)

    def close(self) -> None:
        """End all allocations."""
        for task in self._allocating:
            task.cancel()
        for allocation in self._allocations.values():
            allocation.close()


class Allocation(asyncio.DatagramProtocol):
    """A relayed address."""

    def __init__(self, relay: Relay, client: Peer) -> None:
        self.transport: asyncio.DatagramTransport
        self.channels: dict[int, Peer] = {}
        self._numbers: dict[Peer, int] = {}
        self._relay = relay
        self._client = client
        self._opening = asyncio.Lock()
        self._open = False

    async def open(self, address: str) -> None:
        """Take a port, once."""
        async with self._opening:
            if not self._open:
                await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, (address, 0))
                self._open = True

    def close(self) -> None:
        """Give the port back."""
        if self._open:
            self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def bind(self, number: int, peer: Peer) -> None:
        """Give a peer a channel."""
        self.channels[number] = peer
        self._numbers[peer] = number

    def send(self, data: bytes, peer: Peer) -> None:
        """Relay to a peer."""
        self.transport.sendto(data, peer)

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        peer = addr[:2]
        if peer in self._numbers:
            told = pack("!HH", self._numbers[peer], len(data)) + data
        else:
            told = bytes(
                stun.Message(
                    message_method=stun.Method.DATA,
                    message_class=stun.Class.INDICATION,
                    attributes={"XOR-PEER-ADDRESS": peer, "DATA": data},
                )
            )
        self._relay.transport.sendto(told, self._client)


async def _run(address: str, secrets: list[str]) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Relay(address, secrets), (address, 3478))
    print("listening", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], sys.argv[2:]))
