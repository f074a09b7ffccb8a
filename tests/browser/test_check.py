"""The check page against real deployments, each broken in one way: it names what fails, in plain words."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import Person, Stage, until
from tests.browser.homes import Homes, at_home
from tests.browser.test_firefox import in_firefox
from tests.doctor.authority import Authority
from tests.nat_lab import INSIDE, SERVER

pytestmark = [pytest.mark.coturn, pytest.mark.lab]
LEGS = {"microphone", "server", "stun", "turn-udp", "turn-tcp", "turn-tls", "one-sided", "round-trip"}
RELAYS = {"turn-udp", "turn-tcp", "turn-tls"}
OTHER = "uT6wE2kR9sA4hJ7bV1gN5qX8zL3cD0fP"


_ENDED = "!document.getElementById('id_check_help').hidden"
_TOLD = """() => {
  const rows = document.querySelectorAll("#id_check_lines > li");
  return {
    status: Object.fromEntries([...rows].map(({ dataset }) => [dataset.leg, dataset.status])),
    words: document.getElementById("id_check_conclusion").innerText,
    report: document.getElementById("id_check_report").value,
  };
}"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the page says at the end."""

    status: dict[str, str]
    words: str
    report: str

    @property
    def failed(self) -> set[str]:
        """Name the legs that are told to fail."""
        return {leg for leg, status in self.status.items() if status == "failed"}

    @property
    def named(self) -> list[str]:
        """Name what the report tells whoever runs the server to mend, the worst first."""
        return re.findall(r"^-> (\S+):", self.report, re.M)


async def check(person: Person) -> Told:
    """Click through the check to its end."""
    await person.go("/check/")
    await person.page.click("#id_check_start")
    await until("the check has ended", lambda: person.page.evaluate(_ENDED), seconds=40)
    told = Told(**await person.page.evaluate(_TOLD))
    assert set(told.status) == LEGS
    print(f"\n{told.report}")
    return told


@asynccontextmanager
async def deployment(folder: Path, **options: Any) -> AsyncIterator[Homes]:
    """Run one with UDP, TCP and TLS, a certificate that the browser trusts, and Ana at home."""
    authority = Authority(folder)
    cert, key = authority.issue(SERVER)
    options = {"COTURN_TLS_CERT": str(cert), "COTURN_TLS_KEY": str(key), **options}
    async with at_home(folder, "Ana", turn=True, trust=authority.write(), **options) as homes:
        yield homes


@pytest.mark.parametrize("server_behind_nat", [False, True], ids=["public address", "behind 1:1 NAT"])
async def test_all_is_well(tmp_path: Path, server_behind_nat: bool) -> None:
    async with deployment(tmp_path, server_behind_nat=server_behind_nat) as homes:
        told = await check(homes.people[0])
    assert set(told.status.values()) == {"ok"}
    assert told.named == []
    assert "All is well" in told.words


async def test_all_is_well_behind_a_symmetric_nat(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.nat(1, "symmetric")
        told = await check(homes.people[0])
    assert set(told.status.values()) == {"ok"}


async def test_firefox_says_the_same(tmp_path: Path) -> None:
    """It trusts no authority of a test's, so it refuses the certificate, and says no code with it."""
    async with deployment(tmp_path, spare=1) as homes:
        with homes.lab.inside("home2"):
            async with in_firefox("Fox", homes.server, tmp_path) as fox:
                await fox.come(await homes.people[0].invite())
                told = await check(fox)
                homes.lab.shut("udp dport 50000-50999")
                then = await check(fox)
    assert told.named == ["turn-tls"]
    assert told.failed == {"turn-tls"}
    assert "certificate" in told.words
    assert then.named == ["relay-range", "turn-tls"]


async def test_wrong_secret(tmp_path: Path) -> None:
    async with deployment(tmp_path, coturn={"COTURN_SHARED_SECRET": OTHER}) as homes:
        told = await check(homes.people[0])
    assert told.named == ["credential"]
    assert told.failed == RELAYS
    assert "refuses this site's credentials" in told.words


async def test_closed_udp_port(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.shut("udp dport 3478")
        told = await check(homes.people[0])
    assert told.named == ["turn-udp"]
    assert told.failed == {"turn-udp"}
    assert "voice will go through TCP" in told.words


async def test_a_network_that_blocks_udp(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.nat(1, "udp-blocked")
        told = await check(homes.people[0])
    assert told.named == ["turn-udp"]
    assert told.status["stun"] == "notice"
    assert told.status["one-sided"] == "skipped"
    assert "voice will go through TCP" in told.words


async def test_a_network_that_lets_only_port_443_out(tmp_path: Path) -> None:
    async with deployment(tmp_path, COTURN_TLS_PORT="443") as homes:
        homes.lab.nat(1, "only-443")
        told = await check(homes.people[0])
    assert told.named == ["turn-udp", "turn-tcp"]
    assert told.failed == {"turn-udp", "turn-tcp"}
    assert "voice will go through TLS" in told.words


async def test_closed_tcp_port(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.shut("tcp dport 3478")
        told = await check(homes.people[0])
    assert told.named == ["turn-tcp"]
    assert told.failed == {"turn-tcp"}


async def test_closed_relay_range(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.shut("udp dport 50000-50999")
        told = await check(homes.people[0])
    assert told.named == ["relay-range"]
    assert told.failed == {"one-sided"}
    assert "ports are shut" in told.words


async def test_missing_external_ip(tmp_path: Path) -> None:
    """coturn behind 1:1 NAT, told of its own address only."""
    apart = {"COTURN_PUBLIC_IP": INSIDE, "COTURN_PRIVATE_IP": ""}
    async with deployment(tmp_path, server_behind_nat=True, coturn=apart) as homes:
        told = await check(homes.people[0])
    assert told.named == ["external-ip"]
    assert told.failed == {"one-sided"}
    assert "COTURN_PRIVATE_IP" in told.report
    assert "nobody outside can reach" in told.words


@pytest.mark.parametrize(
    "certificate",
    [{"days": -1}, {"by_itself": True}, {"name": "other.example.org"}],
    ids=["expired", "self-signed", "of another name"],
)
async def test_certificate_that_browsers_refuse(tmp_path: Path, certificate: dict[str, Any]) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.issue(**({"name": SERVER} | certificate))
    tls: Any = {"COTURN_TLS_CERT": str(cert), "COTURN_TLS_KEY": str(key)}
    async with at_home(tmp_path, "Ana", turn=True, trust=authority.write(), **tls) as homes:
        told = await check(homes.people[0])
    assert told.named == ["turn-tls"]
    assert told.failed == {"turn-tls"}
    assert "certificate" in told.words


async def test_a_tls_port_that_coturn_keeps_closed(tmp_path: Path) -> None:
    """As it does where it can't read the key."""
    async with deployment(tmp_path, coturn={"COTURN_TLS_CERT": "", "COTURN_TLS_KEY": ""}) as homes:
        told = await check(homes.people[0])
    assert told.named == ["turn-tls"]
    assert "can't read the key" in told.report


async def test_coturn_is_down(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        assert homes.coturn is not None
        homes.coturn.kill()
        await homes.coturn.wait()
        told = await check(homes.people[0])
    assert told.named == ["turn"]
    assert told.failed == RELAYS
    assert "systemctl status coturn" in told.report


async def test_no_turn_is_configured(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    told = await check(ana)
    assert told.named == ["turn"]
    assert {leg for leg, status in told.status.items() if status == "ok"} == {"microphone", "server"}
    assert told.failed == set()
    assert "COTURN_TURN_HOST" in told.report


async def test_whoever_may_enter_no_room_tests_what_can_be_tested(stage: Stage) -> None:
    ana = await stage.person("Ana")
    told = await check(ana)
    assert told.status["microphone"] == "ok"
    assert told.status["server"] == "skipped"
    assert "Open your sea" in told.words
    assert "enter a room" in await ana.page.inner_text("[data-leg=server]")
    await ana.post("/my-sea/open")
    assert (await check(ana)).status["server"] == "ok"


async def test_the_report_holds_no_credential_and_no_address(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        ana = homes.people[0]
        body = await ana.page.evaluate("fetch('/api/voice/turn-credentials/').then(answer => answer.json())")
        told = await check(ana)
        await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await ana.page.get_by_text("Report for whoever runs this site").click()
        await ana.page.get_by_role("button", name="Copy report").click()
        await until("the page says so", lambda: ana.page.get_by_text("Report copied.").is_visible())
        assert await ana.page.evaluate("navigator.clipboard.readText()") == told.report
    assert body["credential"] not in told.report
    assert body["username"].partition(":")[2] not in told.report
    # A browser's version looks like an address, and stands on a line of its own.
    lines = [line for line in told.report.splitlines() if "Mozilla" not in line]
    assert not re.search(r"\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f]*:[0-9a-f]*:", "\n".join(lines[1:]))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("NotAllowedError", "allow it"),
        ("NotFoundError", "No microphone found"),
        ("NotReadableError", "Another program"),
        ("SecurityError", "keeps the microphone"),
    ],
)
async def test_a_refused_microphone_has_plain_words(stage: Stage, name: str, part: str) -> None:
    ana = await stage.person("Ana")
    await ana.page.context.add_init_script(f"globalThis.voice.refuse = '{name}';")
    told = await check(ana)
    assert told.failed == {"microphone"}
    assert part in await ana.page.inner_text("[data-leg=microphone]")
    assert part in told.words


async def test_a_silent_microphone_is_noticed(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.page.context.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () =>"
        " new AudioContext().createMediaStreamDestination().stream;"
    )
    told = await check(ana)
    assert told.status["microphone"] == "notice"
    assert "silent" in await ana.page.inner_text("[data-leg=microphone]")


async def test_the_microphone_is_let_go_and_the_seat_in_another_tab_stays(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    tab = await stage.tab_of(ana)
    await check(tab)
    assert await tab.page.evaluate("globalThis.voice.tracks.every(track => track.readyState === 'ended')")
    assert await ana.joined()
    assert await ana.names() == ["Ana"]


async def test_the_check_is_loaded_by_its_click_and_works_by_keyboard(stage: Stage) -> None:
    ana = await stage.person("Ana")
    loaded: list[str] = []
    ana.page.on("response", lambda answer: loaded.append(answer.url.rpartition("/static/")[2]))
    await ana.go("/")
    await ana.page.get_by_role("link", name="Check my microphone and connection").press("Enter")
    await ana.page.wait_for_selector("#id_check_start")
    await ana.page.wait_for_load_state("networkidle")
    assert [name for name in loaded if name.startswith("voice/")] == []
    await ana.page.focus("#id_check_start")
    await ana.page.keyboard.press("Enter")
    await until("the check has ended", lambda: ana.page.evaluate(_ENDED))
    assert await ana.page.evaluate("document.activeElement.id") == "id_check_start"
    await ana.page.keyboard.press("Tab")
    assert await ana.page.evaluate("document.activeElement.parentElement.id") == "id_check_help"


async def test_the_check_is_offered_where_somebody_is_not_heard_and_keeps_the_room(tmp_path: Path) -> None:
    async with at_home(tmp_path, "Ana", "Bo", turn=True) as homes:
        ana, bo = homes.people
        await ana.join()
        await bo.join()
        link = ana.page.get_by_role("link", name="Check my connection")
        await until("Bo is here", lambda: _is(ana, "Bo", "here"))
        assert not await link.is_visible()
        homes.lab.cut(2)
        await until("Ana is offered a check", link.is_visible)
        import os; await ana.page.set_viewport_size({"width":360,"height":700}); await ana.page.screenshot(path="/tmp/e/panel.png", full_page=True)
        async with ana.page.expect_popup() as tab:
            await link.click()
        page = await tab.value
        await page.wait_for_selector("#id_check_start")
        assert await ana.joined()
        homes.lab.heal(2)
        await until("Bo is here again", lambda: _is(ana, "Bo", "here"))


async def _is(person: Person, name: str, word: str) -> bool:
    return (await person.words()).get(name) == word
