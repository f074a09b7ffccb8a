"""People at home: each in a Chromium behind a router, with the server and a real coturn outside."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from meshvoice.turn.coturn import DATABASE
from tests.browser.harness import CHROMIUM, TONES, Person, Stage, invite
from tests.nat_lab import INSIDE, SERVER, NatLab, nat_lab, possible
from tests.process import MESHVOICE, Server, started

ORIGIN = f"http://{SERVER}:8080"


class Homes:
    """The lab, the server in it, and the people, one in each home."""

    def __init__(self, lab: NatLab, server: Server) -> None:
        self.lab = lab
        self.server = server
        self.people: list[Person] = []
        self.stages: list[Stage] = []
        self.coturn: asyncio.subprocess.Process | None = None
        self.stun = f"stun:{SERVER}:3478"


def need_lab() -> None:
    """Skip, or in CI fail, where namespaces can't be made."""
    if not possible() or not all(map(shutil.which, ("turnserver", "certutil", CHROMIUM))):
        message = "needs root, iproute2, nftables, conntrack, coturn, libnss3-tools and chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


@asynccontextmanager
async def at_home(
    folder: Path,
    *names: str,
    turn: bool,
    spare: int = 0,
    server_behind_nat: bool = False,
    wires: Collection[int] = (),
    coturn: Mapping[str, str] | None = None,
    edit: Callable[[str], str] = str,
    trust: Path | None = None,
    **env: str,
) -> AsyncIterator[Homes]:
    """Bring people into the first one's sea, each at home, on its page, not yet in voice.

    `spare` homes more stand empty, the first of them `home<n+1>`. The homes of `wires` stand on a wire that
    can lose and delay. `coturn` is what its settings have other than the server's, as where the two went
    apart; `edit` what becomes of its file. `trust` is an authority's certificate for the browsers, and for
    the server's own look at its relay.
    """
    need_lab()
    async with AsyncExitStack() as stack:
        lab = stack.enter_context(
            nat_lab(len(names) + spare, server_behind_nat=server_behind_nat, wires=wires)
        )
        prefix = ("ip", "netns", "exec", lab.name("srv"))
        own = INSIDE if server_behind_nat else SERVER
        env = {"MESHVOICE_HOST": own, "MESHVOICE_PORT": "8080", "MESHVOICE_ORIGIN": ORIGIN, **env}
        if server_behind_nat:
            env = {"COTURN_PUBLIC_IP": SERVER, "COTURN_PRIVATE_IP": INSIDE, **env}
        if turn:
            env = {"COTURN_TURN_HOST": SERVER, "COTURN_MIN_PORT": "50000", "COTURN_MAX_PORT": "50999", **env}
        home = folder / "home"
        if trust:
            await make_trusted(home, trust)
            env = {"SSL_CERT_FILE": str(trust), **env}
        driver = await stack.enter_async_context(async_playwright())
        server = Server(folder, prefix=prefix, **env)
        homes = Homes(lab, server)
        for number in range(1, len(names) + 1):
            wrapper = chromium_in(lab.name(f"home{number}"), folder / f"chromium{number}", home)
            flag = f"--unsafely-treat-insecure-origin-as-secure={ORIGIN}"
            homes.stages.append(Stage(server, flag, executable=str(wrapper), driver=driver))
        # None of these waits for another, and each has much to wait for.
        async with asyncio.TaskGroup() as starting:
            starting.create_task(stack.enter_async_context(started(server)))
            for stage in homes.stages:
                starting.create_task(stack.enter_async_context(stage))
            if turn:
                running = starting.create_task(
                    stack.enter_async_context(coturn_beside(folder, server, coturn or {}, edit))
                )
        if turn:
            homes.coturn = running.result()
        async with asyncio.TaskGroup() as coming:
            people = [
                coming.create_task(stage.person(name, tone=tone))
                for stage, name, tone in zip(homes.stages, names, TONES[: len(names)], strict=True)
            ]
        homes.people = [person.result() for person in people]
        await invite(*homes.people)
        # A network that changes while voice is loaded at idle would take what is on its way with it.
        for person in homes.people:
            await person.page.wait_for_load_state("networkidle")
        yield homes
        assert [problem for stage in homes.stages for problem in stage.problems] == []


def chromium_in(namespace: str, path: Path, home: Path) -> Path:
    """Write a command that runs Chromium in a namespace, with a home of its own."""
    path.write_text(f'#!/bin/sh\nHOME={home} exec ip netns exec {namespace} {CHROMIUM} "$@"\n')
    path.chmod(0o700)
    return path


async def make_trusted(home: Path, authority: Path) -> None:
    """Make Chromium trust an authority: it reads NSS's database in its user's home."""
    database = home / ".pki/nssdb"
    database.mkdir(parents=True)
    for options in (("-N", "--empty-password"), ("-A", "-n", "lab", "-t", "C,,", "-i", str(authority))):
        making = await asyncio.create_subprocess_exec("certutil", "-d", f"sql:{database}", *options)
        assert await making.wait() == 0


@asynccontextmanager
async def coturn_beside(
    folder: Path, server: Server, apart: Mapping[str, str], edit: Callable[[str], str] = str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a real coturn beside the server, from the configuration that the server's own settings render.

    Unless some of them are others to it (`apart`), or what was rendered is edited.
    """
    render = await asyncio.create_subprocess_exec(
        *server.prefix,
        *MESHVOICE,
        "coturn-conf",
        env={**server.environment(), **apart},
        stdout=asyncio.subprocess.PIPE,
    )
    conf, _ = await render.communicate()
    assert render.returncode == 0
    # The log goes to the test's folder, and the process's own files too: it runs as whoever runs the tests.
    text = conf.decode().replace("syslog\n", f"log-file={folder}/coturn.log\nsimple-log\n")
    text = text.replace(f"userdb={DATABASE}\n", f"userdb={folder}/turndb\n")
    path = folder / "turnserver.conf"
    path.write_text(f"{edit(text)}\npidfile={folder}/coturn.pid\n")
    process = await asyncio.create_subprocess_exec(
        *server.prefix,
        *("turnserver", "-c", str(path)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
