"""What comes out of the hub, for the sockets' side to carry out in order."""

from __future__ import annotations

from msgspec import Struct

from meshvoice.ids import RoomId, UserId
from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.registry import SocketId


class Deliver(Struct, frozen=True, gc=False):
    """Put this frame into the socket's outbox."""

    socket: SocketId
    frame: bytes


class Close(Struct, frozen=True, gc=False):
    """Close the socket, after what was delivered before."""

    socket: SocketId
    code: CloseCode
    reason: str


class Greeted(Struct, frozen=True, gc=False):
    """The socket said hello: see whether its user may enter, and `Hub.join`, or close it."""

    socket: SocketId
    hello: Hello


class RenewCredentials(Struct, frozen=True, gc=False):
    """This peer needs new TURN credentials: make them and `Hub.send_credentials`."""

    socket: SocketId
    user: UserId
    awaited: bool = False
    """Somebody comes to where this peer is alone: only where those that it has are good for minutes."""


class RemoveUser(Struct, frozen=True, gc=False):
    """The room's owner (`by`) asks for this on `socket`: make it last, then `Hub.evict`."""

    socket: SocketId
    room: RoomId
    user: UserId
    by: UserId
    with_links: bool = True
    """Whether the room's open links end as well."""


Effect = Deliver | Close | Greeted | RenewCredentials | RemoveUser
