"""What makes the page an app on a phone: a manifest that every page names, with icons that are there."""

from __future__ import annotations

import json
import re
import struct
from urllib.parse import urljoin

from meshvoice import assets
from tests.web.house import House
from tests.web.person import Person


def size_of(png: bytes) -> str:
    """Give a picture's size, as a manifest says it."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return f"{width}x{height}"


async def test_the_manifest_that_a_page_names_opens_the_site_and_its_icons_are_as_large_as_it_says(
    house: House,
) -> None:
    somebody = Person(house)
    page = (await somebody.get("/")).text
    # With cookies: behind a proxy that signs people in, nobody has it without.
    named = re.search(r'<link rel="manifest" href="([^"]+)" crossorigin="use-credentials">', page)
    assert named is not None
    answer = await somebody.get(named[1])
    assert answer.headers["Content-Type"] == "application/manifest+json"
    manifest = json.loads(answer.text)
    # By the manifest's own place, for a site may lie under a path.
    opened = [urljoin(named[1], manifest[key]) for key in ("start_url", "scope")]
    assert (opened, manifest["display"]) == (["/", "/"], "standalone")
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        drawn = (assets.find("static") / icon["src"]).read_bytes()
        assert size_of(drawn) == icon["sizes"]
        assert (await somebody.get(named[1].replace("manifest.webmanifest", icon["src"]))).status == 200
    # What a home screen of Apple's takes instead.
    assert re.search(r'<link rel="apple-touch-icon" href="[^"]+/icon-touch-180\.png">', page)


async def test_no_script_of_ours_is_a_service_worker_that_could_serve_old_code() -> None:
    scripts = assets.find("static").rglob("*.js")
    assert not any("serviceWorker" in script.read_text(encoding="utf-8") for script in scripts)
