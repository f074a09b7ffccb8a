"""What comes out of the hub, for the sockets' side to carry out in order."""

from __future__ import annotations

from dataclasses import dataclass

from meshvoice.ids import RoomId, UserId
from meshvoice.signaling.errors import CloseCode
from meshvoice.signaling.rooms import SocketId


@dataclass(frozen=True, slots=True)
class Deliver:
    """Put this frame into the socket's outbox."""

    socket: SocketId
    frame: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket, after what was delivered before."""

    socket: SocketId
    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class RenewCredentials:
    """This seat's TURN credentials are half used up: make new ones and `Hub.send_credentials`."""

    socket: SocketId
    user: UserId


@dataclass(frozen=True, slots=True)
class RemoveUser:
    """The room's owner asks for this: make it last, then `Hub.evict`."""

    room: RoomId
    user: UserId


Effect = Deliver | Close | RenewCredentials | RemoveUser
