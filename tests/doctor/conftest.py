"""The machines that the doctor's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doctor.authority import Authority
from tests.doctor.bench import (
    CLIENT,
    CLIENT6,
    LAN,
    LAN6,
    NO_WAY_INSIDE,
    ONE_TO_ONE,
    PRIVATE,
    PUBLIC,
    PUBLIC6,
    Bench,
)
from tests.turn.lab import Lab, two_machines


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    server = (f"{PUBLIC}/32", f"{PRIVATE}/32", f"{LAN}/32", f"{PUBLIC6}/128", f"{LAN6}/128")
    with two_machines(server=server, client=(CLIENT, CLIENT6)) as lab:
        yield lab


@pytest.fixture(scope="module")
def behind_nat() -> Iterator[Lab]:
    with two_machines(server=(f"{PRIVATE}/32",), client=(CLIENT,)) as lab:
        lab.firewall("server", ONE_TO_ONE)
        lab.firewall("router", NO_WAY_INSIDE)
        yield lab


@pytest.fixture(scope="module")
def by_ipv6() -> Iterator[Lab]:
    """Give a lab whose client has no IPv4."""
    with two_machines(server=(f"{PUBLIC}/32", f"{PUBLIC6}/128"), client=(CLIENT6,)) as lab:
        yield lab


@pytest.fixture(scope="module")
def by_home_ipv6() -> Iterator[Lab]:
    """Give a lab whose client has IPv6 of its own network's alone, which a translation leads out."""
    with two_machines(server=(f"{PUBLIC}/32", f"{PUBLIC6}/128"), client=(CLIENT, "fd00:9::2/128")) as lab:
        yield lab


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def bench(lab: Lab, authority: Authority, tmp_path: Path) -> Iterator[Bench]:
    yield Bench(lab, tmp_path, authority)
    lab.run("server", "nft", "flush", "ruleset")


@pytest.fixture
def nat_bench(behind_nat: Lab, authority: Authority, tmp_path: Path) -> Bench:
    return Bench(behind_nat, tmp_path, authority)
