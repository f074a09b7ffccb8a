"""Both systems in namespaces: a server that speaks TLS, and two homes, one 50 ms of round trip away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from benchmarks.join.calls import System, our_system, plain_system
from tests.browser.harness import chromium
from tests.browser.homes import chromium_in, coturn_beside, make_trusted, need_lab
from tests.doctor.authority import Authority
from tests.lossy_wire import Nature
from tests.nat_lab import SERVER, nat_lab
from tests.process import MESHVOICE, Server, started
from tests.proxies.front import nginx_command

ORIGIN = f"https://{SERVER}"
PLAIN_PORT = 8443
DELAY = 25.0
"""ms, each way."""


@asynccontextmanager
async def far_systems(folder: Path) -> AsyncIterator[tuple[System, System]]:
    """Bring up the lab, ours behind its nginx, and the plain page with TLS of its own."""
    need_lab()
    authority = Authority(folder)
    certificate = authority.issue(SERVER)
    async with AsyncExitStack() as stack:
        lab = stack.enter_context(nat_lab(2, wires=(2,)))
        lab.become(2, Nature(delay=DELAY))
        prefix = ("ip", "netns", "exec", lab.name("srv"))
        await make_trusted(folder / "home", authority.write())
        browsers = [
            await stack.enter_async_context(
                chromium(
                    executable=str(
                        chromium_in(lab.name(f"home{n}"), folder / f"chromium{n}", folder / "home")
                    )
                )
            )
            for n in (1, 2)
        ]
        server = Server(
            folder,
            prefix=prefix,
            MESHVOICE_ORIGIN=ORIGIN,
            MESHVOICE_PORT="8080",
            MESHVOICE_TRUSTED_PROXIES="127.0.0.1",
            COTURN_TURN_HOST=SERVER,
            COTURN_MIN_PORT="50000",
            COTURN_MAX_PORT="50999",
        )
        await stack.enter_async_context(started(server))
        await stack.enter_async_context(coturn_beside(folder, server, {}))
        await stack.enter_async_context(_nginx(folder, server, certificate))
        ours = await our_system(server, browsers, 2)
        plain = await stack.enter_async_context(
            plain_system(
                f"{ORIGIN}:{PLAIN_PORT}",
                SERVER,
                PLAIN_PORT,
                browsers,
                2,
                ice=ours.ice,
                prefix=prefix,
                certificate=certificate,
            )
        )
        yield ours, plain
        await ours.close()


@asynccontextmanager
async def _nginx(folder: Path, server: Server, certificate: tuple[Path, Path]) -> AsyncIterator[None]:
    chain, key = map(str, certificate)
    rendering = await asyncio.create_subprocess_exec(
        *(*MESHVOICE, "proxy-conf", "nginx", "--cert", chain, "--key", key),
        env=server.environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    conf, _ = await rendering.communicate()
    if rendering.returncode != 0:
        raise SystemExit("nginx's configuration can't be rendered")
    process = await asyncio.create_subprocess_exec(*server.prefix, *nginx_command(folder, conf.decode()))
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
