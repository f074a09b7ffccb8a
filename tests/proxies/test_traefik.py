"""Traefik's file holds what its documentation knows; the program itself is in no package, so is not tried."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from meshvoice.settings import Settings
from tests.proxies.front import switched_on
from tests.proxies.test_proxy_conf import LOCAL, NAMED, ODD, OWN, PLAIN, render

BLOCK = "Authelia or oauth2-proxy"
ANY: dict[str, Any] = {}
DYNAMIC = {
    "http": {
        "routers": {
            "*": {
                "rule": str,
                "entryPoints": [str],
                "middlewares": [str],
                "service": str,
                "tls": {"certResolver": str},
            }
        },
        "middlewares": {
            "*": {
                "buffering": {"maxRequestBodyBytes": int},
                "headers": {"stsSeconds": int, "customRequestHeaders": {"*": str}},
                "forwardAuth": {"address": str, "authResponseHeaders": [str]},
            }
        },
        "services": {"*": {"loadBalancer": {"servers": [{"url": str}]}}},
    },
    "tls": {"certificates": [{"certFile": str, "keyFile": str}]},
}
"""Of the reference of its dynamic configuration, by the file provider."""
STATIC = {
    "providers": {"file": {"filename": str}},
    "entryPoints": {
        "*": {
            "address": str,
            "http": {"redirections": {"entryPoint": {"to": str, "scheme": str}}},
            "transport": {"respondingTimeouts": {"readTimeout": str, "idleTimeout": str}},
        }
    },
    "certificatesResolvers": {
        "*": {"acme": {"email": str, "storage": str, "httpChallenge": {"entryPoint": str}}}
    },
}
"""Of what it is started with."""


def strangers(read: Any, known: Any, where: str = "") -> list[str]:
    """Name what a file holds and the documentation doesn't know."""
    if isinstance(known, list) and isinstance(read, list):
        return [found for each in read for found in strangers(each, known[0], where)]
    if isinstance(known, dict) and isinstance(read, dict):
        parts = [(name, known.get(name, known.get("*"))) for name in read]
        return [found for name, kind in parts for found in strangers(read[name], kind, f"{where}.{name}")]
    return [] if isinstance(known, type) and isinstance(read, known) else [where]


@pytest.mark.parametrize("settings", [PLAIN, NAMED, ODD, LOCAL], ids=["plain", "user header", "odd", "http"])
def test_it_holds_what_traefik_knows_and_leads_to_what_is_there(settings: Settings) -> None:
    for certificate in (None, OWN) if settings.https else (None,):
        text = render(settings, "traefik", certificate)
        for conf in (text, switched_on(BLOCK)(text)) if settings.user_header else (text,):
            read = yaml.safe_load(conf)
            assert strangers(read, DYNAMIC) == []
            http = read["http"]
            for router in http["routers"].values():
                assert router["service"] in http["services"]
                assert set(router["middlewares"]) <= set(http["middlewares"])


@pytest.mark.parametrize("settings", [PLAIN, ODD, LOCAL], ids=["plain", "odd", "http"])
def test_what_it_must_be_started_with_has_its_entry_points(settings: Settings) -> None:
    text = render(settings, "traefik")
    started = yaml.safe_load(re.sub(r"(?m)^#   ", "", "\n".join(re.findall(r"(?m)^#   .*$", text))))
    assert strangers(started, STATIC) == []
    routers = yaml.safe_load(text)["http"]["routers"]
    used = {point for router in routers.values() for point in router["entryPoints"]}
    assert used <= set(started["entryPoints"])
    port = settings.origin.rpartition(":")[2] if settings.origin.count(":") > 1 else "443"
    assert started["entryPoints"][used.pop()]["address"] == f":{port}"


def test_a_body_is_bounded_and_a_websocket_is_none() -> None:
    http = yaml.safe_load(render(PLAIN, "traefik"))["http"]
    voice, pages = http["routers"]["meshvoice-voice"], http["routers"]["meshvoice-pages"]
    assert voice["rule"] == "Host(`voice.example.org`) && PathPrefix(`/ws/`)"
    assert "meshvoice-body" in pages["middlewares"]
    assert "meshvoice-body" not in voice["middlewares"]
    # The longer rule goes first.
    assert len(voice["rule"]) > len(pages["rule"])
    assert http["middlewares"]["meshvoice-body"]["buffering"]["maxRequestBodyBytes"] == 65536


def test_the_user_header_is_taken_away_before_forward_auth_fills_it() -> None:
    text = switched_on(BLOCK)(render(replace(NAMED, user_header="Remote-User"), "traefik"))
    # As the block says.
    text = text.replace("meshvoice-headers]", "meshvoice-headers, meshvoice-user]")
    http = yaml.safe_load(text)["http"]
    headers = http["middlewares"]["meshvoice-headers"]["headers"]["customRequestHeaders"]
    assert headers["Remote-User"] == headers["Forwarded"] == ""
    assert http["middlewares"]["meshvoice-user"]["forwardAuth"]["authResponseHeaders"] == ["Remote-User"]
    for router in http["routers"].values():
        assert router["middlewares"][-2:] == ["meshvoice-headers", "meshvoice-user"]


@pytest.mark.parametrize("name", ["Null", "Yes", "No", "On"])
def test_no_name_of_a_header_is_another_kind_of_value(name: str) -> None:
    http = yaml.safe_load(render(replace(NAMED, user_header=name), "traefik"))["http"]
    assert http["middlewares"]["meshvoice-headers"]["headers"]["customRequestHeaders"][name] == ""
