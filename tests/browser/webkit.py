"""Drives Debian's WebKitGTK over W3C WebDriver, on a display that nobody sees: the nearest to Safari here."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.process import free_port

DRIVER = "/usr/bin/WebKitWebDriver"
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.?/MiniBrowser"
START_SECONDS = 60.0
_NARROW = "* { min-width: 0; padding: 0; margin: 0; } image { -gtk-icon-style: symbolic; font-size: 1px; }\n"
"""The window's own buttons need less room so than a phone has."""
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's reference, fixed by the standard."""


class WebDriverError(Exception):
    """The driver refused a command: its error code and message."""


class WebKit:
    """One window."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def go(self, url: str) -> None:
        """Open a page, and wait until it is loaded."""
        await self._ask("POST", "/url", url=url)

    async def run(self, script: str, *args: Any) -> Any:
        """Run the body of an async function in the page; gives what it returns."""
        body = (
            "const done = arguments[arguments.length - 1];"
            f"(async (...args) => {{ {script} }})(...arguments)"
            ".then((value) => done({ value }), (error) => done({ error: String(error) }));"
        )
        answer = await self._ask("POST", "/execute/async", script=body, args=list(args))
        if "error" in answer:
            raise WebDriverError(answer["error"])
        return answer.get("value")

    async def click(self, selector: str) -> None:
        """Click as a person does: the element must be in sight."""
        found = await self._ask("POST", "/element", using="css selector", value=selector)
        await self._ask("POST", f"/element/{found[ELEMENT]}/click")

    async def size(self, width: int, height: int) -> None:
        """Make the window so large, in CSS pixels."""
        await self._ask("POST", "/window/rect", width=width, height=height)

    async def picture(self) -> bytes:
        """Give what is in sight, as PNG."""
        return base64.b64decode(await self._ask("GET", "/screenshot"))

    async def _ask(self, method: str, path: str, **body: Any) -> Any:
        content = body if method == "POST" else None
        async with self._http.request(method, self._url + path, json=content) as answer:
            value = (await answer.json())["value"]
        if isinstance(value, dict) and "stacktrace" in value:
            raise WebDriverError(f"{value['error']}: {value['message']}")
        return value


def mini_browser() -> str | None:
    """Where Debian keeps WebKitGTK's own small browser; None: it isn't installed."""
    found = sorted(str(path) for path in Path("/").glob(MINI_BROWSERS.lstrip("/")))
    return found[-1] if found and os.path.exists(DRIVER) and shutil.which("Xvfb") else None


@asynccontextmanager
async def webkit(folder: Path) -> AsyncIterator[WebKit]:
    """Run a WebKit, with a microphone that plays a made-up sound."""
    browser = mini_browser()
    assert browser is not None
    home = folder / "webkit"
    (home / ".config/gtk-3.0").mkdir(parents=True)
    (home / ".config/gtk-3.0/gtk.css").write_text(_NARROW)
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")},
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        # Its sandbox wants namespaces of its own, which a container may not have.
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
    }
    async with _display(environment) as display:
        port = free_port()
        driver = await asyncio.create_subprocess_exec(
            *(DRIVER, f"--port={port}", "--host=127.0.0.1"),
            env={**environment, "DISPLAY": display},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            async with aiohttp.ClientSession() as http:
                session = await _session(http, f"http://127.0.0.1:{port}", browser)
                yield WebKit(http, session)
                async with http.delete(session):
                    pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(driver.pid, signal.SIGKILL)
            await driver.wait()


async def _session(http: aiohttp.ClientSession, url: str, browser: str) -> str:
    """Begin a session; gives its URL."""
    options = {
        "binary": browser,
        "args": [
            "--automation",
            *("--enable-media-stream=true", "--enable-mock-capture-devices=true"),
        ],
    }
    wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                async with http.post(f"{url}/session", json=wanted) as answer:
                    value = (await answer.json())["value"]
                assert "sessionId" in value, value
                return f"{url}/session/{value['sessionId']}"
            except aiohttp.ClientConnectorError:  # the driver has no word for being ready but its socket
                await asyncio.sleep(0.1)


@asynccontextmanager
async def _display(environment: dict[str, str]) -> AsyncIterator[str]:
    """Run an X server that shows nothing anywhere; gives its name."""
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *("Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"),
        env=environment,
        pass_fds=[writing],
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as told:
            number = await asyncio.to_thread(told.readline)
        yield f":{number.decode().strip()}"
    finally:
        process.terminate()
        await process.wait()
