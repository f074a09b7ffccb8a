"""What comes out of the hub, for the sockets' side to carry out in order."""

from __future__ import annotations

from msgspec import Struct

from meshvoice.ids import RoomId, UserId
from meshvoice.signaling.errors import CloseCode
from meshvoice.signaling.rooms import SocketId


class Deliver(Struct, frozen=True, gc=False):
    """Put this frame into the socket's outbox."""

    socket: SocketId
    frame: bytes


class Close(Struct, frozen=True, gc=False):
    """Close the socket, after what was delivered before."""

    socket: SocketId
    code: CloseCode
    reason: str


class RenewCredentials(Struct, frozen=True, gc=False):
    """This seat's TURN credentials are half used up: make new ones and `Hub.send_credentials`."""

    socket: SocketId
    user: UserId


class RemoveUser(Struct, frozen=True, gc=False):
    """The room's owner (`by`) asks for this: make it last, then `Hub.evict`."""

    room: RoomId
    user: UserId
    by: UserId


Effect = Deliver | Close | RenewCredentials | RemoveUser
