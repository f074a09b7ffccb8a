"""The one way out of a test's machine: an HTTP proxy by which apt and pip reach what this host reaches."""

from __future__ import annotations

import http.client
import select
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from meshvoice.turn.credentials import bracketed

PORT = 3142
_PATIENCE = 60.0
# What describes one hop only (RFC 9110, 7.6.1).
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}


def host_proxies() -> dict[str, str]:
    """Give the proxies by which this host itself goes out, as apt or the environment name them."""
    asked = subprocess.run(
        ["apt-config", "shell", "proxy", "Acquire::http::Proxy"], capture_output=True, text=True, check=True
    )
    of_apt = asked.stdout.strip().removeprefix("proxy=").strip("'")
    return urllib.request.getproxies() | ({"http": of_apt} if of_apt not in ("", "DIRECT") else {})


class _Way(BaseHTTPRequestHandler):
    """One request: a GET, which is apt's, or a tunnel, which is pip's."""

    def do_GET(self) -> None:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(host_proxies()))
        try:
            answer = opener.open(urllib.request.Request(self.path, headers=kept), timeout=_PATIENCE)
        except urllib.error.HTTPError as error:
            answer = error
        except OSError as problem:
            self.send_error(502, str(problem))
            return
        with answer:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.end_headers()
            shutil.copyfileobj(answer, self.wfile)

    def do_CONNECT(self) -> None:
        try:
            far = _tunnel(self.path)
        except OSError as problem:
            self.send_error(502, str(problem))
            return
        self.send_response(200)
        self.end_headers()
        with far:
            other = {self.connection: far, far: self.connection}
            while True:
                readable, _, _ = select.select([*other], [], [], _PATIENCE)
                if not readable:
                    return
                for end in readable:
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: apt and pip report what fails."""


class _Server6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


def _tunnel(target: str) -> socket.socket:
    host, _, port = target.rpartition(":")
    upstream = host_proxies().get("https")
    if upstream is None:
        return socket.create_connection((host, int(port)), _PATIENCE)
    parts = urlsplit(upstream)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
    connection.set_tunnel(host, int(port))
    connection.connect()
    return connection.sock


@contextmanager
def way_out(address: str, there: Callable[[], AbstractContextManager[None]]) -> Iterator[str]:
    """Listen on `address` in the network namespace that `there` enters; go out from this one."""
    with there():
        # A socket stays in the namespace where it was made.
        server = (_Server6 if ":" in address else ThreadingHTTPServer)((address, PORT), _Way)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://{bracketed(address)}:{PORT}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
