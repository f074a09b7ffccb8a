"""The others that read an env file: this machine's systemd, and its shells."""

from __future__ import annotations

import ctypes
import subprocess
from functools import cache
from pathlib import Path

import pytest

SHELLS = [shell for shell in ("/bin/dash", "/bin/bash") if Path(shell).exists()]


@cache
def _library() -> ctypes.CDLL:
    """Load the library in which EnvironmentFile='s reader stands."""
    folders = [Path("/usr/lib"), Path("/usr/lib64"), *Path("/usr/lib").glob("*-linux-*")]
    found = [path for folder in folders for path in folder.glob("systemd/libsystemd-shared-*.so")]
    if not found:
        pytest.skip("needs systemd")
    return ctypes.CDLL(str(found[0]))


def by_systemd(path: Path) -> dict[str, str]:
    """Read a file as EnvironmentFile= does."""
    pairs = ctypes.POINTER(ctypes.c_char_p)()
    assert _library().load_env_file_pairs(None, str(path).encode(), ctypes.byref(pairs)) == 0
    texts: list[str] = []
    if ctypes.cast(pairs, ctypes.c_void_p).value is None:
        return {}
    while (text := pairs[len(texts)]) is not None:
        texts.append(text.decode())
    return dict(zip(texts[::2], texts[1::2], strict=True))


def by_shell(shell: str, path: Path, variable: str) -> str:
    """Give a variable as a shell has it that reads the file with `.`."""
    script = f'. "{path}" && printf %s "${variable}"'
    answer = subprocess.run(
        [shell, "-c", script], cwd=path.parent, env={}, capture_output=True, check=True, timeout=10
    )
    assert answer.stderr == b""
    return answer.stdout.decode()
