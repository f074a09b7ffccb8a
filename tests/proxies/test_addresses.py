"""A path of its own, and several names: by each real proxy all works as at one root."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from meshvoice.proxies.conf import Proxy
from tests.doctor.authority import Authority
from tests.process import free_port
from tests.proxies.front import TRIED, Answer, Front, fronted, plainly, taken_by

pytestmark = pytest.mark.proxy

each = pytest.mark.parametrize("kind", TRIED)
both = pytest.mark.parametrize("kind", ["nginx", "caddy"])
NAME = "voice.example.org"
FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Accept: application/json"


async def post(front: Front, path: str, *lines: str, **fields: str) -> Answer:
    body = urlencode(fields).encode()
    own = (f"Origin: {front.origin}", f"Content-Length: {len(body)}", FORM)
    return await front.send(f"POST {path}", *own, *lines, body=body)


def cookie(answer: Answer) -> tuple[str, str]:
    """Give a cookie as it is sent back, and what else was said of it."""
    found = re.search(r"(?im)^set-cookie: (\S+?);(.*)\r$", answer.head)
    assert found is not None, answer
    return f"Cookie: {found[1]}", found[2]


@each
@pytest.mark.parametrize("path", ["/voice", "/static/voice"])
async def test_a_site_under_a_path_works_as_one_at_the_root(kind: Proxy, path: str, tmp_path: Path) -> None:
    """Pages and what they load, sign-in, a sea, an invitation, voice; and nothing of it beside the path."""
    port = free_port()
    async with fronted(kind, tmp_path, port=port, MESHVOICE_ORIGIN=f"http://localhost:{port}{path}") as front:
        led = await front.send(f"GET {path}")
        assert (led.status, re.search(rf"(?im)^location: \S*{path}/\r$", led.head) is not None) == (301, True)
        asked = await front.send(f"GET {path}/my-sea/")
        assert (asked.status, f"{path}/?next={path}/my-sea/" in asked.head) == (303, True)
        page = await front.send(f"GET {path}/?next={path}/my-sea/")
        text = page.body.decode()
        action, other_language = re.findall(r'method="post" action="([^"]+)"', text)
        assert other_language == f"{path}/language"
        go_on, _ = re.findall(r'name="next" value="([^"]+)"', text)
        signed = await post(front, action, name="Ana", next=go_on)
        assert (signed.status, f"location: {path}/my-sea/" in signed.head.lower()) == (303, True)
        ana, said = cookie(signed)
        assert f"; Path={path}/" in f"{said};"

        room = json.loads((await post(front, f"{path}/my-sea/open", ana, JSON)).body)["room_id"]
        link = json.loads((await post(front, f"{path}/my-sea/invitations", ana, JSON)).body)["url"]
        assert link.startswith(f"{front.origin}{path}/invitation/#")
        opened = (await front.send(f"GET {path}/invitation/")).body.decode()
        sea = (await front.send(f"GET {path}/my-sea/", ana)).body.decode()
        for shown in (text, opened, sea):
            loaded = re.findall(r'(?:src|href)="([^"]*/static/v-[^"]+)"', shown)
            assert len(loaded) >= 3
            for file in loaded:
                assert file.startswith(f"{path}/static/v-")
                assert (await front.send(f"GET {file}")).status == 200
        module = f"{path}/static/voice-mesh.js"
        assert b"VoiceRoom" in (await front.send(f"GET {module}")).body

        came = await post(front, f"{path}/invitations/accept", JSON, token=link.partition("#")[2], name="Bo")
        bo, _ = cookie(came)
        place = json.loads(came.body)["url"]
        assert place.startswith(f"{path}/sea/")
        assert (await front.send(f"GET {place}", bo)).status == 200
        asked = await front.send(f"GET {path}/api/voice/turn-credentials/?room={room}", bo)
        assert (asked.status, b'"code"' in asked.body) == (503, True) or b"credential" in asked.body
        assert await welcomed(front, f"{path}/ws/voice/{room}/", bo) == "welcome"

        for outside in ("/", "/my-sea/", "/static/style.css", f"/ws/voice/{room}/", f"{path}mail/"):
            if not outside.startswith(f"{path}/"):
                assert (await front.send(f"GET {outside}", ana)).status == 404, outside
        assert (await front.send(f"GET {path}/healthz")).status == 200
        assert (await front.send("GET /healthz", port=front.server.port)).status == 200


async def welcomed(front: Front, path: str, own: str) -> str:
    """Join voice by the proxy; gives the type of what is answered to the hello."""
    headers = {
        "Origin": front.origin,
        "Cookie": own.removeprefix("Cookie: "),
        "Host": front.origin.partition("://")[2],
    }
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(front.url + path, headers=headers, protocols=("meshvoice.v1",)) as socket,
        asyncio.timeout(10),
    ):
        await socket.send_json({"type": "hello", "name": "Bo", "muted": False})
        return str((await socket.receive_json())["type"])


@each
async def test_each_of_several_names_is_a_site_of_its_own(kind: Proxy, tmp_path: Path) -> None:
    """One by TLS and one of the home's network; what is sent from one to the other is refused (W4)."""
    authority = Authority(tmp_path)
    cert, key = authority.issue(NAME)
    port, lan, plain = free_port(), free_port(), free_port()
    public, home = f"https://{NAME}:{port}", f"http://voice.lan:{lan}"

    own = taken_by(kind, cert, key)
    origins = f"{public},{home}"
    async with fronted(
        kind, tmp_path, *own, edit=plainly(kind, plain), port=port, MESHVOICE_ORIGIN=origins
    ) as front:
        tls = authority.trust()

        async def send(request: str, origin: str, *lines: str, **fields: str) -> Answer:
            body = urlencode(fields).encode()
            given = (f"Host: {origin.partition('://')[2]}", f"Content-Length: {len(body)}", FORM, JSON)
            way = {"tls": tls, "name": NAME} if origin == public else {"port": lan}
            return await front.send(request, *given, *lines, body=body, **way)

        for here, other, name in ((public, home, "__Host-meshvoice"), (home, public, "meshvoice")):
            assert (await send("POST /sign-in", here, f"Origin: {other}", name="Ana")).status == 403
            signed = await send("POST /sign-in", here, f"Origin: {here}", name="Ana")
            assert signed.status == 200
            ana, said = cookie(signed)
            assert ana.startswith(f"Cookie: {name}=")
            assert ("secure" in said.lower()) is (here == public)
            assert (await send("POST /my-sea/open", here, f"Origin: {here}", ana)).status == 200
            made = await send("POST /my-sea/invitations", here, f"Origin: {here}", ana)
            assert json.loads(made.body)["url"].startswith(f"{here}/invitation/#")
        strange = await send("GET /", f"http://evil.example:{lan}")
        # Caddy has nothing to say to other names.
        assert not strange.body if kind == "caddy" else strange.status == 421
        direct = await front.send("GET /", "Host: evil.example", port=front.server.port)
        assert (direct.status, b"MESHVOICE_ORIGIN" in direct.body) == (421, True)


@both
async def test_a_proxy_may_strip_the_path(kind: Proxy, tmp_path: Path) -> None:
    port = free_port()

    def stripped(conf: str) -> str:
        if kind == "caddy":
            return conf.replace("route @meshvoice {", "route @meshvoice {\n\t\turi strip_prefix /voice")
        return conf.replace("proxy_pass http://meshvoice;", "proxy_pass http://meshvoice/;", 1)

    origin = f"http://localhost:{port}/voice"
    async with fronted(kind, tmp_path, edit=stripped, port=port, MESHVOICE_ORIGIN=origin) as front:
        text = (await front.send("GET /voice/")).body.decode()
        (script,) = re.findall(r'src="(/voice/static/v-[^"]+/page.js)"', text)
        assert (await front.send(f"GET {script}")).status == 200
        ana, said = cookie(await post(front, "/voice/sign-in", JSON, name="Ana"))
        assert "path=/voice" in said.lower()
        room = json.loads((await post(front, "/voice/my-sea/open", ana, JSON)).body)["room_id"]
        assert (await front.send("GET /voice/my-sea/", ana)).status == 200
        assert await welcomed(front, f"/voice/ws/voice/{room}/", ana) == "welcome"
