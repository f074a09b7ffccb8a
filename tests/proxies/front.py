"""A real proxy on loopback, with what `meshvoice proxy-conf` prints for it, in front of a real server."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from meshvoice.proxies.conf import Proxy
from tests.process import MESHVOICE, Server, free_port
from tests.turn.coturn_server import missing

READY_SECONDS = 20
ANSWER_SECONDS = 10
# Debian's nginx stands where a user's PATH does not lead.
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin"
_NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/proxy.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    gzip on;
    gzip_min_length 1;
    gzip_proxied any;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/meshvoice.conf;
}}
"""
_APACHE = """
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/proxy.log
ServerName localhost
{user}
{modules}
{listen}
AddOutputFilterByType BROTLI_COMPRESS;DEFLATE text/html text/css text/javascript
Include {folder}/meshvoice.conf
"""
_APACHE_FOLDER = "/usr/lib/apache2/modules"
_APACHE_MODULES = (
    *("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "alias", "headers"),
    # As on a usual machine, whose defaults compress pages.
    *("brotli", "deflate", "filter"),
    *("http2", "proxy", "proxy_http", "reqtimeout", "rewrite", "socache_shmcb", "ssl"),
)


TRIED: tuple[Proxy, ...] = ("nginx", "caddy", "apache", "haproxy")
"""Those that are packaged, and so run here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, byte for byte."""

    status: int
    head: str
    body: bytes


def switched_on(block: str) -> Callable[[str], str]:
    """Take the # from the directives of one block, as a person would."""

    def edit(conf: str) -> str:
        (found,) = re.findall(rf"# --- Forward auth with {block}.*?# --- End of {block}", conf, re.S)
        return conf.replace(found, re.sub(r"(?m)^(\s*)#(?! )", r"\1", found))

    return edit


def plainly(kind: Proxy, port: int) -> Callable[[str], str]:
    """Listen for http:// on a port of the test's own."""

    def edit(conf: str) -> str:
        match kind:
            case "caddy":
                return conf.replace("{\n\tservers", f"{{\n\thttp_port {port}\n\tservers")
            case "nginx":
                return conf.replace(":80;", f":{port};").replace(" 80;", f" {port};")
            case _:
                return re.sub(
                    r"(\*|bind :|bind :::)80\b", rf"\g<1>{port}", conf.replace("*:80>", f"*:{port}>")
                )

    return edit


def taken_by(kind: Proxy, cert: Path, key: Path) -> tuple[str, ...]:
    """Give the options for a certificate, with the key where this proxy looks for it."""
    if kind == "haproxy":
        key = Path(shutil.copy(key, f"{cert}.key"))
    return "--cert", str(cert), "--key", str(key)


class Front:
    """A proxy and the server behind it."""

    def __init__(self, kind: Proxy, folder: Path, server: Server, port: int, also: int = 0) -> None:
        self.kind = kind
        self.server = server
        self.port = port
        self._ports = [port, also] if also else [port]
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where visitors come in."""
        return f"http://127.0.0.1:{self.port}"

    async def rendered(self, *options: str) -> str:
        """Run the command with the server's own settings; gives what it prints."""
        process = await asyncio.create_subprocess_exec(
            *(*MESHVOICE, "proxy-conf", self.kind, *options),
            env=self.server.environment(),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        return out.decode()

    async def start(self, conf: str) -> None:
        """Start the proxy and wait until it listens."""
        command = _command(self.kind, self._folder, conf)
        own = _environment(self._folder)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(*command, env=own, stdout=log, stderr=log)
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await self._listens():
                    assert self._process.returncode is None
                    await asyncio.sleep(0.02)
        except (TimeoutError, AssertionError):
            raise AssertionError(self.log.read_text()) from None

    async def stop(self) -> None:
        """End the proxy."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            await self._process.wait()

    @property
    def log(self) -> Path:
        """What the proxy says."""
        return self._folder / "proxy.log"

    async def send(
        self,
        request: str,
        *lines: str,
        body: bytes = b"",
        visitor: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        name: str | None = None,
    ) -> Answer:
        """Send one request as it is written; `port`: another's than the proxy's."""
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port or self.port, local_addr=(visitor, 0), ssl=tls, server_hostname=name
            )
            own = [] if any(line.lower().startswith("host:") for line in lines) else [f"Host: {self._host}"]
            own += (
                [] if any(line.lower().startswith("connection:") for line in lines) else ["Connection: close"]
            )
            head = "\r\n".join([f"{request} HTTP/1.1", *own, *lines, "", ""])
            writer.write(head.encode() + body)
            try:
                return await _answer(reader)
            finally:
                writer.transport.abort()

    @property
    def origin(self) -> str:
        """The first of those that the server has, as a browser says it."""
        parts = urlsplit(self.server.origin.partition(",")[0])
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def _host(self) -> str:
        return self.origin.partition("://")[2]

    async def _listens(self) -> bool:
        for port in self._ports:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            writer.close()
        return True


@asynccontextmanager
async def fronted(
    kind: Proxy,
    folder: Path,
    *options: str,
    edit: Callable[[str], str] = lambda conf: conf,
    serve: bool = True,
    port: int = 0,
    also: int = 0,
    **env: str,
) -> AsyncIterator[Front]:
    """Run both for the length of a test; `edit` is what a person does by hand, `also` a second port of it."""
    _program(kind)
    port = port or free_port()
    usual = {"MESHVOICE_ORIGIN": f"http://localhost:{port}", "MESHVOICE_TRUSTED_PROXIES": "127.0.0.1"}
    server = Server(folder, **{**usual, **env})
    front = Front(kind, folder, server, port, also)
    try:
        if serve:
            await server.start()
        await front.start(edit(await front.rendered(*options)))
        yield front
    finally:
        await front.stop()
        if server.process is not None:
            await server.end(signal.SIGKILL)
        await server.wire.stop()


def complaints(kind: Proxy, folder: Path, conf: str) -> list[str]:
    """Let the program examine a file without serving by it; gives what it warns of or refuses."""
    command = _command(kind, folder, conf)
    examine = {
        "nginx": [*command, "-t"],
        "caddy": [command[0], "validate", *command[2:]],
        "apache": [*command, "-t"],
        "haproxy": [*command, "-c"],
    }[kind]
    said = subprocess.run(examine, env=_environment(folder), capture_output=True, text=True, check=False)
    log = folder / "proxy.log"
    lines = said.stderr.splitlines() + (log.read_text().splitlines() if log.exists() else [])
    wrong = re.compile(
        r'\[(?:warn|emerg|alert|crit|error)\]|"level":"(?:warn|error)"|^Error|^AH\d|\[(?:WARNING|ALERT)\]|:warn\]'
    )
    # The folder of other sites is empty, a line that Caddy's defaults cover stays on purpose, and so does http://.
    known = (
        "No files matching import",
        "Unnecessary header_up X-Forwarded-For",
        "listening only on the HTTP port",
    )
    found = [line for line in lines if wrong.search(line) and not any(words in line for words in known)]
    return found or ([] if said.returncode == 0 else lines)


def nginx_command(folder: Path, conf: str) -> list[str]:
    """Write what nginx needs in a folder; gives the command that runs it in the foreground."""
    main = folder / "nginx.conf"
    (folder / "meshvoice.conf").write_text(conf)
    main.write_text(_NGINX.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    return [_program("nginx"), "-p", str(folder), "-c", str(main), "-e", str(folder / "proxy.log")]


def _command(kind: Proxy, folder: Path, conf: str) -> list[str]:
    if kind == "caddy":
        path = folder / "Caddyfile"
        path.write_text(conf)
        return [_program("caddy"), "run", "--adapter", "caddyfile", "--config", str(path)]
    (folder / "meshvoice.conf").write_text(conf)
    if kind == "haproxy":
        return [_program("haproxy"), "-db", "-f", str(folder / "meshvoice.conf")]
    if kind == "apache":
        # What Debian's own file does, but for its sites.
        ports = {*re.findall(r"<VirtualHost \*:(\d+)>", conf)} - {*re.findall(r"(?m)^Listen (\d+)$", conf)}
        modules = [f"LoadModule {name}_module {_APACHE_FOLDER}/mod_{name}.so" for name in _APACHE_MODULES]
        main = folder / "apache.conf"
        main.write_text(
            _APACHE.format(
                folder=folder,
                user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
                modules="\n".join(modules),
                listen="\n".join(f"Listen {port}" for port in sorted(ports)),
            )
        )
        return [_program("apache"), "-f", str(main), "-DFOREGROUND"]
    return nginx_command(folder, conf)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": _PATH,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "CADDY_ADMIN": f"localhost:{free_port()}",
    }


def _program(kind: Proxy) -> str:
    found = shutil.which("apache2" if kind == "apache" else kind, path=_PATH)
    if found is None:
        missing(kind)
        raise AssertionError(kind)
    return found


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = int(head.split(" ")[1])
    length = re.search(r"(?im)^content-length: *(\d+)", head)
    body = b""
    if status != 101:
        body = await reader.readexactly(int(length[1])) if length else await reader.read()
    return Answer(status=status, head=head, body=body)
