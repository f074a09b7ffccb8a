"""People who open the check page of a deployment on a bench, in Chromium, with the site on their machine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, Playwright

from meshvoice.access.guestbook import GuestBook
from meshvoice.doctor.findings import Finding
from meshvoice.settings import Settings, TurnSettings
from meshvoice.web.app import make_app
from meshvoice.web.connections import make_runner
from tests.browser.harness import CHROMIUM, Person, Stage, chromium
from tests.browser.homes import make_trusted
from tests.doctor.authority import Authority
from tests.doctor.bench import HOST
from tests.process import Server
from tests.turn.lab import Lab

PORT = 8080
ORIGIN = f"http://localhost:{PORT}"


def said(findings: Sequence[Finding]) -> bytes:
    """What `meshvoice doctor --json` says."""
    return json.dumps({"findings": [finding.as_json() for finding in findings]}).encode()


@asynccontextmanager
async def site(
    turn: TurnSettings, folder: Path, clock: Callable[[], float]
) -> AsyncIterator[web.Application]:
    """Serve a site with these relays on this thread's machine, in this loop."""
    settings = Settings(
        secret_keys=(bytes(range(32)),),
        origins=(ORIGIN,),
        database=str(folder / "meshvoice.db"),
        turn=turn,
    )
    book = GuestBook.open(settings.database, alone=True)
    try:
        app = make_app(settings, book, clock=clock)
        runner = make_runner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", PORT).start()
            yield app
        finally:
            await runner.cleanup()
    finally:
        book.close()


class Visitors:
    """Chromium's on the benches' machines: one for each lab, and each way in which HOST resolves there."""

    def __init__(self, driver: Playwright, authority: Authority, folder: Path, stack: AsyncExitStack) -> None:
        self._driver = driver
        self._authority = authority
        self._folder = folder
        self._stack = stack
        self._browsers: dict[tuple[str, ...], Browser] = {}

    @asynccontextmanager
    async def somebody(self, lab: Lab, addresses: Sequence[str], folder: Path) -> AsyncIterator[Person]:
        """Bring somebody to the site, with a sea of their own, on the check page."""
        browser = await self._browser(lab.name("client"), addresses)
        async with Stage(
            Server(folder, MESHVOICE_ORIGIN=ORIGIN, MESHVOICE_PORT=str(PORT)), lent=browser
        ) as stage:
            ana = await stage.person("Ana")
            await ana.post("/my-sea/open")
            await ana.go("/check/")
            yield ana
            assert stage.problems == []

    async def _browser(self, namespace: str, addresses: Sequence[str]) -> Browser:
        key = (namespace, *addresses)
        if key not in self._browsers:
            home = self._folder / "home"
            if not home.exists():
                await make_trusted(home, self._authority.write())
            hosts = self._folder / f"hosts{len(self._browsers)}"
            lines = ("127.0.0.1 localhost", *(f"{address} {HOST} {HOST}." for address in addresses))
            hosts.write_text("\n".join(lines) + "\n")
            wrapper = self._folder / f"chromium{len(self._browsers)}"
            wrapper.write_text(
                f"#!/bin/sh\nexport HOME={home}\nexec ip netns exec {namespace} sh -c "
                f'\'mount --bind {hosts} /etc/hosts && exec {CHROMIUM} "$@"\' chromium "$@"\n'
            )
            wrapper.chmod(0o700)
            # WebRTC asks with the dot at the end. For the kind of address that hosts don't name, a browser
            # would ask a name server, which there is none of.
            flags = []
            if len(addresses) < 2:
                to = addresses[0] if addresses else "~NOTFOUND"
                # What follows its last colon would be taken for a port.
                to = f"[{to}]" if ":" in to else to
                flags = [f"--host-resolver-rules=MAP {HOST}. {to}"]
            running = chromium(*flags, executable=str(wrapper), driver=self._driver)
            self._browsers[key] = await self._stack.enter_async_context(running)
        return self._browsers[key]
