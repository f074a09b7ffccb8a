"""Drives Debian's Firefox ESR over WebDriver BiDi (W3C), beside a sound server that plays to nobody."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

FIREFOX = "/usr/bin/firefox-esr"
START_SECONDS = 60
SAID = "/as-said.js"
_VOICES = ("GraphRunner", "MediaTrackGrph", "AudioIPC", "WebrtcC", "WebrtcWorker", "Socket Thread")
"""How the names of the threads begin that carry sound."""
PREFS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    # The lab's server has no certificate.
    "dom.securecontext.allowlist": "45.76.0.10",
    "media.autoplay.blocking_policy": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.startup.page": 0,
    "browser.aboutwelcome.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


@asynccontextmanager
async def sound_server(folder: Path) -> AsyncIterator[dict[str, str]]:
    """Run a PulseAudio without loudspeakers, as Firefox's AudioContext needs one; gives the environment."""
    socket = folder / "pulse.sock"
    home = folder / "pulse"
    home.mkdir()
    process = await asyncio.create_subprocess_exec(
        "pulseaudio",
        *("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"),
        *("-L", "module-null-sink rate=48000"),
        *("-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"),
        env={**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        for _ in range(400):  # PulseAudio has no word for being ready but its socket
            if socket.exists():
                break
            await asyncio.sleep(0.05)
        yield {"PULSE_SERVER": f"unix:{socket}"}
    finally:
        process.terminate()
        await process.wait()


class FirefoxPage:
    """One tab, with the few calls that the tests make of a Chromium page."""

    def __init__(self, session: BidiSession, context: str, pid: int) -> None:
        self._session = session
        self._context = context
        self._pid = pid
        self.url = "about:blank"
        self._missing: str | None = None
        session.on["network.beforeRequestSent"] = self._decide

    async def goto(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        self.url = url
        where = {"context": self._context, "url": url, "wait": "complete"}
        await self._session.command("browsingContext.navigate", where)

    async def evaluate(self, expression: str, argument: Any = None) -> Any:
        """Evaluate an expression, or call a function with an argument; JSON comes back."""
        called = f"(typeof f === 'function' ? f({json.dumps(argument)}) : f)"
        declaration = (
            f"async () => {{ const f = ({expression}); return JSON.stringify(await {called}) ?? null; }}"
        )
        result = await self._session.command(
            "script.callFunction",
            {
                "functionDeclaration": declaration,
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        if result["type"] == "exception":
            raise AssertionError(result["exceptionDetails"]["text"])
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    async def click(self, selector: str) -> None:
        """Click an element, as a person does: with the activation that sounds need."""
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    async def key(self, what: str, value: str) -> None:
        """Move a key of the keyboard: "keyDown" or "keyUp"."""
        keys = {"type": "key", "id": "keyboard", "actions": [{"type": what, "value": value}]}
        await self._session.command("input.performActions", {"context": self._context, "actions": [keys]})

    @asynccontextmanager
    async def missing(self, name: str) -> AsyncIterator[None]:
        """Have each request for a file of that name fail, as by a network that is away."""
        before = {"phases": ["beforeRequestSent"], "contexts": [self._context]}
        self._missing = name
        made = await self._session.command("network.addIntercept", before)
        try:
            yield
        finally:
            self._missing = None
            await self._session.command("network.removeIntercept", made)

    async def serve_said(self) -> None:
        """Answer each request for `SAID` with the script that its query is.

        A page's policy refuses an AudioWorklet from anywhere but its own origin.
        """
        where = {"contexts": [self._context], "urlPatterns": [{"type": "pattern", "pathname": SAID}]}
        await self._session.command("network.addIntercept", {"phases": ["beforeRequestSent"], **where})

    def _decide(self, event: dict[str, Any]) -> None:
        if not event["isBlocked"]:
            return
        request = {"request": event["request"]["request"]}
        asked = urlsplit(event["request"]["url"])
        if asked.path == SAID:
            kind = {"name": "Content-Type", "value": {"type": "string", "value": "text/javascript"}}
            body = {"type": "string", "value": unquote(asked.query)}
            answer = {"statusCode": 200, "reasonPhrase": "OK", "headers": [kind], "body": body}
            self._session.say("network.provideResponse", request | answer)
        elif self._missing is not None and asked.path.endswith(self._missing):
            self._session.say("network.failRequest", request)
        else:
            self._session.say("network.continueRequest", request)

    def voices_first(self) -> None:
        """Give the threads of sound what RealtimeKit gives them on a desktop; Chromium has it by itself."""
        for comm in Path("/proc").glob("[0-9]*/task/[0-9]*/comm"):
            pid, thread = int(comm.parts[2]), int(comm.parts[4])
            # Threads and processes come and go meanwhile, and not every user may.
            with contextlib.suppress(ProcessLookupError, FileNotFoundError, PermissionError):
                if os.getsid(pid) == self._pid and comm.read_text().startswith(_VOICES):
                    os.setpriority(os.PRIO_PROCESS, thread, -8)


class BidiSession:
    """The WebSocket on which commands go out and results come back."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws
        self._last = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._said: set[asyncio.Task[None]] = set()
        self.on: dict[str, Callable[[dict[str, Any]], object]] = {}
        """What is called with what an event says, by the event's name."""

    async def read(self) -> None:
        """Hand results to those who wait for them."""
        async for frame in self._ws:
            message = json.loads(frame.data)
            if message.get("method") in self.on:
                self.on[message["method"]](message["params"])
            future = self._waiting.pop(message.get("id", 0), None)
            if future is not None and not future.done():
                future.set_result(message)
            elif future is None and message.get("type") == "error":
                print(f"Firefox refused: {message.get('error')}: {message.get('message')}", file=sys.stderr)

    def say(self, method: str, params: dict[str, Any]) -> None:
        """Send a command whose result nobody waits for."""
        self._last += 1
        said = asyncio.create_task(self._ws.send_json({"id": self._last, "method": method, "params": params}))
        self._said.add(said)
        said.add_done_callback(self._said.discard)

    async def command(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a command; gives its result."""
        self._last += 1
        future = self._waiting[self._last] = asyncio.get_running_loop().create_future()
        await self._ws.send_json({"id": self._last, "method": method, "params": params})
        answer = await asyncio.wait_for(future, 60)
        if answer.get("type") == "error":
            raise AssertionError(f"{method}: {answer.get('error')}: {answer.get('message')}")
        result: dict[str, Any] = answer["result"]
        return result


@asynccontextmanager
async def firefox(folder: Path, *scripts: str, prefix: tuple[str, ...] = ()) -> AsyncIterator[FirefoxPage]:
    """Run a Firefox with one tab, in which `scripts` run before the page's own."""
    profile = folder / "firefox"
    profile.mkdir()
    prefs = "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFS.items())
    (profile / "user.js").write_text(prefs, encoding="utf-8")
    async with AsyncExitStack() as stack:
        sound = await stack.enter_async_context(sound_server(folder))
        process = await asyncio.create_subprocess_exec(
            *prefix,
            *(FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"),
            env={**os.environ, **sound, "HOME": str(folder)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        stack.push_async_callback(_end, process)
        url = await asyncio.wait_for(_listening(process), START_SECONDS)
        draining = asyncio.create_task(_drain(process))
        stack.callback(draining.cancel)
        connecting = await stack.enter_async_context(aiohttp.ClientSession())
        ws = await stack.enter_async_context(connecting.ws_connect(f"{url}/session", max_msg_size=0))
        session = BidiSession(ws)
        reading = asyncio.create_task(session.read())
        stack.callback(reading.cancel)
        await session.command("session.new", {"capabilities": {}})
        for script in scripts:
            await session.command("script.addPreloadScript", {"functionDeclaration": f"() => {{ {script} }}"})
        tab = await session.command("browsingContext.create", {"type": "tab"})
        page = FirefoxPage(session, tab["context"], process.pid)
        asked = {"events": ["network.beforeRequestSent"], "contexts": [tab["context"]]}
        await session.command("session.subscribe", asked)
        await page.serve_said()
        yield page


async def _listening(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        found = re.search(rb"WebDriver BiDi listening on (ws://\S+)", line)
        if found:
            return found[1].decode()
    raise AssertionError("Firefox ended before it listened")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.readline():
        pass


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
