"""The name is held against the settings by each IP version that it has."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from meshvoice.doctor.deployment import Deployment, Way
from meshvoice.doctor.findings import Status
from meshvoice.doctor.legs import Answers
from meshvoice.doctor.legs import stun as ask_stun
from meshvoice.doctor.lookup import LookedUp, elsewhere, inside, look_up, name
from meshvoice.doctor.turn_client import Leg
from meshvoice.settings import TurnSettings

HERE, HERE6, GONE, GONE6 = "45.76.0.10", "2a01:4f8::10", "45.76.0.11", "2a01:4f8::99"
RECORDS = {GONE: "A record, or COTURN_PUBLIC_IP", GONE6: "AAAA record, or COTURN_PUBLIC_IP6"}
TURN = TurnSettings(
    shared_secrets=("s" * 32,),
    hosts=("turn.example.org",),
    public_ip=IPv4Address(HERE),
    public_ip6=IPv6Address(HERE6),
)


@pytest.mark.parametrize(
    ("leads", "wrong"),
    [
        ([HERE, HERE6], set()),
        ([HERE], set()),
        ([HERE, GONE], set()),
        ([GONE, HERE6], {GONE}),
        ([HERE, GONE6], {GONE6}),
        ([GONE, GONE6], {GONE, GONE6}),
    ],
)
def test_a_name_leads_elsewhere_by_the_ip_version_whose_addresses_are_none_of_the_relays(
    leads: list[str], wrong: set[str]
) -> None:
    assert elsewhere(TURN, leads) == wrong
    found = name(Deployment(turn=TURN), LookedUp(leads))
    assert (found.status is Status.FAILED) == bool(wrong)
    mends = [RECORDS[each] for each in (GONE, GONE6) if each in wrong]
    assert found.fix == "; ".join(f"correct the name's {mend}" for mend in mends)


@pytest.mark.parametrize("private", ["10.0.0.5", "172.16.3.4", "192.168.1.5", "100.64.0.7"])
def test_where_the_settings_name_a_private_address_the_name_is_right(private: str) -> None:
    turn = replace(TURN, public_ip=IPv4Address(private))
    assert elsewhere(turn, [HERE]) == set()
    # Unless all of it is of such a network, which then is the one that is served.
    assert elsewhere(turn, ["192.168.99.99"]) == {"192.168.99.99"}


def test_a_literal_host_that_is_another_has_no_record_to_correct() -> None:
    turn = replace(TURN, hosts=(GONE,))
    assert (
        name(Deployment(turn=turn), LookedUp([GONE])).fix == "correct COTURN_TURN_HOST, or COTURN_PUBLIC_IP"
    )


async def test_an_address_that_the_name_has_beside_the_relays_is_told_as_its_record_and_as_no_firewall() -> (
    None
):
    way = Way(leg=Leg.TCP, server=("127.0.0.1", 1))
    found = await ask_stun(Deployment(turn=TURN), way, Answers())
    assert f"the relay is at {HERE}: drop the record of 127.0.0.1" in found.fix
    assert "firewall" not in found.fix


NAT = replace(TURN, public_ip6=None, private_ip=IPv4Address("10.0.0.5"))


def test_the_relays_private_address_is_what_its_own_network_may_be_told_and_no_literal_host() -> None:
    assert inside(NAT, ["10.0.0.5"]) == inside(NAT, ["10.0.0.5", HERE6]) == "10.0.0.5"
    assert inside(NAT, ["10.0.0.6"]) == inside(NAT, [HERE]) == inside(NAT, ["10.0.0.5", HERE]) == ""
    assert inside(TURN, ["10.0.0.5"]) == ""
    # Browsers everywhere dial what the settings themselves say.
    assert inside(replace(NAT, hosts=("10.0.0.5",)), ["10.0.0.5"]) == ""


def test_inside_the_relays_network_a_wrong_record_of_the_other_ip_version_is_told_all_the_same() -> None:
    turn = replace(TURN, private_ip=IPv4Address("10.0.0.5"))
    right, wrong = (
        name(Deployment(turn=turn), LookedUp(["10.0.0.5", six], here=f"10.0.0.5, {six}"))
        for six in (HERE6, GONE6)
    )
    assert right.status is Status.SKIPPED
    assert "from outside" in right.fix
    assert wrong.fix == "correct the name's AAAA record, or COTURN_PUBLIC_IP6"


@pytest.mark.parametrize("host", ["turn.example.org", "127.0.1.1"])
@pytest.mark.parametrize("its_own", [True, False])
async def test_a_hosts_own_name_is_looked_up_in_its_hosts_file_on_that_host_alone(
    monkeypatch: pytest.MonkeyPatch, host: str, its_own: bool
) -> None:
    """Debian writes 127.0.1.1 there; from elsewhere such a record is wrong, and so is such a setting."""
    monkeypatch.setattr("meshvoice.doctor.lookup.bindable", lambda address: its_own)

    async def resolve(host: str) -> list[str]:
        return ["127.0.1.1"]

    turn = replace(NAT, hosts=(host,))
    found = await look_up(Deployment(turn=turn, resolve=resolve))
    spared = its_own and host != "127.0.1.1"
    assert found.addresses == (["10.0.0.5"] if spared else ["127.0.1.1"])
    assert name(Deployment(turn=turn), found).status is (Status.SKIPPED if spared else Status.FAILED)
