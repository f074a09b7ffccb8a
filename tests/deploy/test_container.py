"""The image builds, and what it runs serves: not as root, on a read-only root, with secrets of its own."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.deploy.image import USER, Image, running
from tests.process import Server, free_port
from tests.proxies.front import Front
from tests.test_compose import OURS
from tests.turn.coturn_server import missing

pytestmark = pytest.mark.deploy

NEEDS = ("buildah", "debootstrap", "unshare", "chroot")
DATA = "/var/lib/meshvoice"
SOON = 20


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    absent = [program for program in NEEDS if shutil.which(program) is None]
    if os.geteuid() != 0 or absent:
        missing(f"root and {', '.join(absent or NEEDS)}, to build and run an image")
    built = Image(tmp_path_factory.mktemp("image"))
    try:
        yield built
    finally:
        built.close()


class Container:
    """The image's server while it runs on a volume."""

    def __init__(self, image: Image, volume: Path, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.env = {"MESHVOICE_PORT": str(self.port), "MESHVOICE_ORIGIN": f"http://localhost:{self.port}"}
        self.volumes = {volume: DATA}
        self.log = log
        self._image = image

    @asynccontextmanager
    async def up(self) -> AsyncIterator[int]:
        """Run it until it serves; gives its process, and sees that SIGTERM ends it in good order."""
        command = self._image.command(volumes=self.volumes, env=self.env)
        with running(command, self.log) as process:
            async with asyncio.timeout(SOON):
                while not re.search("serving on .*$", self.log.read_text(), re.M):
                    assert process.poll() is None, self.log.read_text()
                    await asyncio.sleep(0.05)  # a file has no event
            yield process.pid
        assert process.returncode == 0
        self.log.unlink()


@pytest.fixture
def container(image: Image, tmp_path: Path) -> Container:
    return Container(image, image.volume(tmp_path.name), tmp_path / "log")


def test_the_image_says_how_it_is_to_be_run(image: Image) -> None:
    config = image.config
    assert config["User"] == f"{USER}:{USER}"
    assert set(config["Volumes"]) == {DATA}
    assert config["Healthcheck"]["Test"] == ["CMD", "/opt/meshvoice/entry", "health"]
    assert (config["Entrypoint"], config["Cmd"]) == (["/opt/meshvoice/entry"], ["serve"])


def test_the_image_holds_the_app_and_nothing_of_its_making(image: Image) -> None:
    """No secret of the checkout, no source, no pip; and its user can change none of it."""
    assert not (image.root / "src").exists()
    assert not list((image.root / "opt/meshvoice").rglob("pip"))
    assert not list(image.root.rglob("*meshvoice.env"))
    owned = [path for path in (image.root / "opt/meshvoice").rglob("*") if path.lstat().st_uid == USER]
    assert owned == []


def about(pid: int) -> tuple[str, str]:
    """Give what the kernel says of a process, and of the files that it sees."""
    status, mounts = (Path(f"/proc/{pid}/{name}").read_text() for name in ("status", "mountinfo"))
    return status, mounts


async def test_it_serves_as_its_user_on_a_read_only_root(image: Image, container: Container) -> None:
    async with container.up() as pid, aiohttp.ClientSession() as http:
        async with http.get(f"{container.url}/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        status, mounts = about(pid)
        assert re.findall(r"(?m)^(?:Uid|Gid):\t(\d+)\t", status) == [str(USER)] * 2
        assert re.findall(r"(?m)^Groups:\t(.*)$", status) in ([" "], [""])
        # No right is left that a root of the container would have.
        assert re.findall(r"(?m)^Cap(?:Prm|Eff):\t(\w+)$", status) == ["0" * 16] * 2
        assert re.search(r"(?m)^\d+ \d+ \S+ \S+ / ro,", mounts)


async def test_the_health_check_tells(image: Image, container: Container) -> None:
    """By the image's own command: well while it serves, and not when nobody does."""
    check = image.config["Healthcheck"]["Test"][2:]
    async with container.up():
        code, said = image.run(*check, volumes=container.volumes, env=container.env)
        assert (code, said) == (0, '{"status": "ok"}\n')
    code, said = image.run(*check, volumes=container.volumes, env=container.env)
    assert code == 1
    assert said.startswith("meshvoice: nobody answers at 0.0.0.0 (")


async def test_the_volume_keeps_the_guest_book_and_the_secrets(container: Container) -> None:
    """Whoever signed in is known to the next run, by a cookie of the same keys."""
    origin = {"Origin": container.env["MESHVOICE_ORIGIN"]}
    (volume,) = container.volumes
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with container.up():
            assert "with new secrets" in container.log.read_text()
            async with http.post(f"{container.url}/sign-in", data={"name": "Ana"}, headers=origin) as answer:
                assert "Hello, Ana" in await answer.text()
            secrets = (volume / "meshvoice.env").read_bytes()
        async with container.up():
            assert "secrets" not in container.log.read_text()
            async with http.get(f"{container.url}/") as answer:
                assert "Hello, Ana" in await answer.text()
    assert (volume / "meshvoice.env").read_bytes() == secrets
    for path in volume.iterdir():
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (USER, 0o600), path


def test_by_the_builders_own_means_it_runs_too(image: Image, container: Container) -> None:
    shown = image.run_by_buildah("settings", volumes=container.volumes, env=container.env)
    assert re.search(rf"(?m)^MESHVOICE_DATABASE +{DATA}/meshvoice.db +environment", shown)


async def test_behind_caddy_it_serves_as_compose_has_it(
    image: Image, container: Container, tmp_path: Path
) -> None:
    """By the files that it renders and the Unix socket, also across a restart; coturn has its secret."""
    port = free_port()
    rendered = {image.volume(f"{tmp_path.name}-{name}"): f"/rendered/{name}" for name in ("caddy", "relay")}
    caddy, relay = rendered
    (volume,) = container.volumes
    sockets = image.volume(f"{tmp_path.name}-socket")
    env = {**OURS["meshvoice"]["environment"], "MESHVOICE_ORIGIN": f"http://localhost:{port}"}
    code, said = image.run(*OURS["settings"]["command"], volumes={volume: DATA, **rendered}, env=env)
    assert code == 0, said
    conf = (relay / "turnserver.conf").read_text()
    (secret,) = re.findall(r"(?m)^COTURN_SHARED_SECRET=(\S+)$", (volume / "meshvoice.env").read_text())
    assert f"static-auth-secret={secret}\n" in conf
    assert "log-file=stdout\n" in conf
    assert stat.S_IMODE((relay / "turnserver.conf").stat().st_mode) == 0o600
    container.env, container.volumes = env, {volume: DATA, sockets: "/run/meshvoice"}
    file = (caddy / "Caddyfile").read_text()
    # Where the other container has it.
    file = file.replace("unix//run/meshvoice/", f"unix/{sockets}/")
    front = Front("caddy", tmp_path, Server(tmp_path), port)
    async with aiohttp.ClientSession() as http:
        await front.start(file)
        async with container.up():
            assert "unix:/run/meshvoice/http.sock\n" in container.log.read_text()
            assert stat.S_IMODE((sockets / "http.sock").stat().st_mode) == 0o660
            async with http.get(f"http://localhost:{port}/healthz") as answer:
                assert answer.status == 200
        assert not (sockets / "http.sock").exists()
        # Between two runs: who comes now waits for the second.
        waiting = asyncio.create_task(http.get(f"http://localhost:{port}/healthz"))
        async with container.up(), await waiting as answer:
            assert answer.status == 200
        await front.stop()
