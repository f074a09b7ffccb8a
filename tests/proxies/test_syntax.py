"""The proxies themselves take every file that is rendered, without a warning."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meshvoice.proxies.conf import Certificate, Proxy
from meshvoice.settings import Settings
from tests.doctor.authority import Authority
from tests.proxies.front import TRIED, complaints, switched_on, taken_by
from tests.proxies.test_proxy_conf import LOCAL, NAMED, ODD, PLAIN, PROCESSES, SEVERAL, SUBPATH, render

pytestmark = pytest.mark.proxy

LONGEST = replace(NAMED, user_header="X-" + "L" * 62)


BLOCKS = {
    "nginx": ("Authelia", "oauth2-proxy"),
    "caddy": ("Authelia", "oauth2-proxy"),
    "apache": ("Apache itself",),
    "haproxy": ("HAProxy itself",),
}


@pytest.mark.parametrize("kind", TRIED)
@pytest.mark.parametrize(
    ("settings", "edit"),
    [
        pytest.param(PLAIN, str, id="plain"),
        pytest.param(NAMED, str, id="user header"),
        pytest.param(LONGEST, str, id="longest user header"),
        pytest.param(ODD, str, id="odd ports"),
        pytest.param(LOCAL, str, id="http"),
        pytest.param(SUBPATH, str, id="subpath"),
        pytest.param(SUBPATH, switched_on, id="subpath, forward auth"),
        pytest.param(SEVERAL, str, id="several"),
        pytest.param(NAMED, switched_on, id="forward auth"),
        pytest.param(replace(PLAIN, hosts=("unix:/run/meshvoice/http.sock",)), str, id="Unix socket"),
    ],
)
def test_the_program_takes_what_is_rendered(
    kind: Proxy, settings: Settings, edit: Any, tmp_path: Path
) -> None:
    """As it comes, and with each of its blocks switched on."""
    cert, key = Authority(tmp_path).issue("voice.example.org")
    taken_by(kind, cert, key)
    rendered = render(settings, kind)
    for conf in (
        [switched_on(block)(rendered) for block in BLOCKS[kind]] if edit is switched_on else [rendered]
    ):
        # Where certbot, or whoever makes one file of both, would have put them.
        conf = re.sub(r"/etc/letsencrypt/\S+/fullchain.pem|/etc/haproxy/certs/\S+.pem", str(cert), conf)
        conf = re.sub(r"/etc/letsencrypt/\S+/privkey.pem", str(key), conf)
        assert complaints(kind, tmp_path, conf) == []


def test_nginx_takes_several_processes(tmp_path: Path) -> None:
    tls = Authority(tmp_path).issue("example.org")
    own = Certificate(chain=str(tls[0]), key=str(tls[1]))
    assert complaints("nginx", tmp_path, render(PROCESSES, "nginx", own)) == []
