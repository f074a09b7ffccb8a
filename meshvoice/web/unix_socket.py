"""A listening Unix socket at a path: who may dial it, and taking the path over from a server that is gone."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import os
import socket
import stat
from dataclasses import dataclass

from meshvoice.settings import SettingsError

BACKLOG = 4096
"""Connections that wait while the server is busy, or starts anew; the kernel may take fewer."""
_UMASK = 0o117
"""The file is its owner's and its group's (0660): who may write to it may dial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnixSocket:
    """A socket that listens, and its file."""

    socket: socket.socket
    path: str
    _inode: int
    _lock: int
    """Of the file beside it, so that of two servers that start at one time one is refused."""

    @classmethod
    def open(cls, path: str, *, group: str) -> UnixSocket:
        """Listen at a path; a file that a dead server left there goes. Raises `SettingsError`."""
        with contextlib.ExitStack() as undo:
            try:
                lock = _lock(path)
                undo.callback(os.close, lock)
                _clear(path)
                opened = _bind(path)
                undo.callback(opened.close)
                undo.callback(os.unlink, path)
                _give(path, group)
                opened.listen(BACKLOG)
                inode = os.lstat(path).st_ino
            except OSError as problem:
                raise _wrong(
                    path,
                    f"can't be made ({problem.strerror}): its folder must be there, and the server's own",
                ) from None
            undo.pop_all()
        return cls(socket=opened, path=path, _inode=inode, _lock=lock)

    def release(self) -> None:
        """Take the file away, so that whoever dials is told at once that nobody is there."""
        with contextlib.suppress(OSError):
            if os.lstat(self.path).st_ino == self._inode:
                os.unlink(self.path)
        self.socket.close()
        os.close(self._lock)


def _lock(path: str) -> int:
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(lock)
        if problem.errno == errno.EWOULDBLOCK:
            raise _taken(path) from None
        raise
    return lock


def _clear(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise _wrong(path, "is another file: remove it, or choose another path")
    if _answers(path):
        raise _taken(path)
    os.unlink(path)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return False
        except BlockingIOError:
            pass  # so many wait there that no more may
        return True


def _bind(path: str) -> socket.socket:
    opened = socket.socket(socket.AF_UNIX)
    before = os.umask(_UMASK)
    try:
        opened.bind(path)
    except OSError:
        opened.close()
        raise
    finally:
        os.umask(before)
    return opened


def _give(path: str, group: str) -> None:
    if not group:
        return
    try:
        number = int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise SettingsError(
            "MESHVOICE_SOCKET_GROUP", f"there is no group {group}: `getent group` lists those that are"
        ) from None
    try:
        os.chown(path, -1, number)
    except OSError as problem:
        raise SettingsError(
            "MESHVOICE_SOCKET_GROUP",
            f"the server may not give its socket to {group} ({problem.strerror}): make its user a member "
            "of that group, or let systemd hold the socket (conf/meshvoice.socket)",
        ) from None


def _taken(path: str) -> SettingsError:
    return _wrong(path, "is listened on by another server: stop that one first, or choose another path")


def _wrong(path: str, fix: str) -> SettingsError:
    return SettingsError("MESHVOICE_HOST", f"unix:{path} {fix}")
