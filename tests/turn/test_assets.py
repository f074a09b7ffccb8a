"""Files that are no code are found in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshvoice import assets


def test_a_checkout_has_them_at_the_top_level() -> None:
    assert (assets.find("conf") / "coturn.conf.j2").is_file()


def test_a_wheel_has_them_inside_the_package(tmp_path: Path) -> None:
    (tmp_path / "meshvoice" / "conf").mkdir(parents=True)
    (tmp_path / "conf").mkdir()
    assert assets.find("conf", package=tmp_path / "meshvoice") == tmp_path / "meshvoice" / "conf"


def test_an_installation_without_them_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="templates"):
        assets.find("templates", package=tmp_path)
