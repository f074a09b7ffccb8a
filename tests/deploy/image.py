"""The image that Containerfile makes, built by buildah over a Debian of our own, and what runs of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.deploy.machine import base, pip_index
from tests.deploy.playbooks import CHECKOUT

USER = 10001
_ON_READ_ONLY_ROOT = """
set -eu
root=$1
shift
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs none "$root/tmp"
mount -t proc none "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do
    mount --bind "${1%%:*}" "$root${1##*:}"
    shift
done
shift
cd "$root"
exec chroot --userspec=10001:10001 --groups= . "$@"
"""


class Image:
    """The built image, in a store of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._base()
        self._buildah(
            *("build", "--isolation", "chroot", "--format", "docker", "--build-arg", "BASE=localhost/base"),
            *("--ignorefile", str(CHECKOUT / ".containerignore"), "--file", str(CHECKOUT / "Containerfile")),
            *("--tag", "localhost/meshvoice", str(CHECKOUT)),
        )
        said = self._buildah("inspect", "--type", "image", "localhost/meshvoice")
        self.config: dict[str, Any] = json.loads(said)["Docker"]["config"]
        self.root = Path(self._buildah("mount", self._buildah("from", "localhost/meshvoice")))
        """Its files, as a container has them."""

    def volume(self, name: str) -> Path:
        """Make what an engine gives for a new volume: a folder of the image's user."""
        made = self._folder / name
        made.mkdir()
        os.chown(made, USER, USER)
        return made

    def command(self, *asked: str, volumes: Mapping[Path, str], env: Mapping[str, str]) -> list[str]:
        """Give the command that runs the image as an engine would, on a read-only root."""
        variables = [*self.config["Env"], *(f"{name}={value}" for name, value in env.items())]
        binds = [f"{folder}:{path}" for folder, path in volumes.items()]
        entered = ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", self.config["WorkingDir"]]
        program = [*self.config["Entrypoint"], *(asked or self.config["Cmd"])]
        return [
            *("unshare", "--mount", "sh", "-c", _ON_READ_ONLY_ROOT, "sh", str(self.root), *binds, "--"),
            *("env", "-i", *variables, *entered, *program),
        ]

    def run(self, *asked: str, volumes: Mapping[Path, str], env: Mapping[str, str]) -> tuple[int, str]:
        """Run a command of the image to its end; gives its exit code and what it said."""
        done = subprocess.run(
            self.command(*asked, volumes=volumes, env=env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout

    def run_by_buildah(self, *asked: str, volumes: Mapping[Path, str], env: Mapping[str, str]) -> str:
        """Run a command of the image by the builder's own means, whose root can't be made read-only."""
        binds = [part for folder, path in volumes.items() for part in ("--volume", f"{folder}:{path}")]
        given = [part for name, value in env.items() for part in ("--env", f"{name}={value}")]
        container = self._buildah("from", "localhost/meshvoice")
        return self._buildah(
            *("run", "--isolation", "chroot", *binds, *given, container, "--"),
            *self.config["Entrypoint"],
            *(asked or self.config["Cmd"]),
        )

    def close(self) -> None:
        """Forget the store."""
        self._buildah("umount", "--all")
        shutil.rmtree(self._folder / "store")

    def _base(self) -> None:
        """Make the base image: this host's Debian with Python, and pip asking whom this host's asks."""
        cache = CHECKOUT / "build/machines"
        made = base(cache, kind="-python", packages="python3,python3-venv,ca-certificates")
        root = self._folder / "base"
        subprocess.run(["cp", "-a", "--reflink=auto", str(made), str(root)], check=True)
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs/ca-certificates.crt")
        index = os.environ.get("PIP_INDEX_URL") or pip_index()
        lines = ["[global]", "cert = /etc/ssl/certs/ca-certificates.crt"]
        (root / "etc/pip.conf").write_text(
            "\n".join([*lines, *([f"index-url = {index}"] if index else []), ""])
        )
        packed = self._folder / "base.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(packed), "."], check=True)
        container = self._buildah("from", "scratch")
        self._buildah("add", "--quiet", container, str(packed), "/")
        self._buildah("commit", "--quiet", "--rm", container, "localhost/base")
        packed.unlink()
        shutil.rmtree(root)

    def _buildah(self, *arguments: str) -> str:
        store = self._folder / "store"
        done = subprocess.run(
            [
                *("buildah", "--storage-driver", "vfs", "--root", str(store / "root")),
                *("--runroot", str(store / "run"), *arguments),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside the test, and end it as an engine does."""
    with log.open("ab") as written:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
