"""A signaling relay on Django Channels: a group for each room and one for each peer, in memory.

uvicorn --app-dir benchmarks/servers channels_relay:application
"""

from __future__ import annotations

from typing import Any

import django
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path

settings.configure(
    SECRET_KEY="x",  # noqa: S106  # nobody signs in
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    LOGGING_CONFIG=None,
    # The usual capacity of 100 drops messages under load.
    CHANNEL_LAYERS={
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}
    },
)
django.setup()
rooms: dict[str, dict[str, None]] = {}


class Signaling(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    name = room = ""

    async def connect(self) -> None:
        await self.accept()

    async def receive_json(self, message: dict[str, Any]) -> None:
        layer = self.channel_layer
        if message["type"] == "hello":
            self.name, self.room = message["id"], f"room_{message['room']}"
            members = rooms.setdefault(self.room, {})
            present = {"type": "present", "id": self.name, "peers": list(members)}
            members[self.name] = None
            await layer.group_send(self.room, _signal({"type": "hello", "source": self.name}))
            await layer.group_add(self.room, self.channel_name)
            await layer.group_add(f"peer_{self.name}", self.channel_name)
            await self.send_json(present)
        else:
            message["source"] = self.name
            await layer.group_send(f"peer_{message['target']}", _signal(message))

    async def signal(self, event: dict[str, Any]) -> None:
        await self.send_json(event["message"])

    async def disconnect(self, code: int) -> None:
        if not self.room:
            return
        del rooms[self.room][self.name]
        if not rooms[self.room]:
            del rooms[self.room]
        layer = self.channel_layer
        await layer.group_discard(self.room, self.channel_name)
        await layer.group_discard(f"peer_{self.name}", self.channel_name)
        await layer.group_send(self.room, _signal({"type": "left", "source": self.name}))


def _signal(message: dict[str, Any]) -> dict[str, Any]:
    return {"type": "signal", "message": message}


application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("ws", Signaling.as_asgi())])}
)
