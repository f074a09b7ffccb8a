"""nginx and Caddy themselves take every file that is rendered, without a warning."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from meshvoice.proxies.conf import Proxy
from meshvoice.settings import Settings
from tests.doctor.authority import Authority
from tests.proxies.front import complaints, switched_on
from tests.proxies.test_proxy_conf import LOCAL, NAMED, ODD, PLAIN, SEVERAL, SUBPATH, render

pytestmark = pytest.mark.proxy

LONGEST = replace(NAMED, user_header="X-" + "L" * 62)


@pytest.mark.parametrize("kind", get_args(Proxy))
@pytest.mark.parametrize(
    ("settings", "edit"),
    [
        pytest.param(PLAIN, str, id="plain"),
        pytest.param(NAMED, str, id="user header"),
        pytest.param(LONGEST, str, id="longest user header"),
        pytest.param(ODD, str, id="odd ports"),
        pytest.param(LOCAL, str, id="http"),
        pytest.param(SUBPATH, str, id="subpath"),
        pytest.param(SUBPATH, switched_on("Authelia"), id="subpath, Authelia"),
        pytest.param(SUBPATH, switched_on("oauth2-proxy"), id="subpath, oauth2-proxy"),
        pytest.param(SEVERAL, str, id="several"),
        pytest.param(NAMED, switched_on("Authelia"), id="Authelia"),
        pytest.param(NAMED, switched_on("oauth2-proxy"), id="oauth2-proxy"),
    ],
)
def test_the_program_takes_what_is_rendered(
    kind: Proxy, settings: Settings, edit: Callable[[str], str], tmp_path: Path
) -> None:
    cert, key = Authority(tmp_path).issue("voice.example.org")
    conf = edit(render(settings, kind))
    # Where certbot would have put them.
    conf = re.sub(r"/etc/letsencrypt/\S+/fullchain.pem", str(cert), conf)
    conf = re.sub(r"/etc/letsencrypt/\S+/privkey.pem", str(key), conf)
    assert complaints(kind, tmp_path, conf) == []
