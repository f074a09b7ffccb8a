"""Take the pictures of every state of the pages, and write the page that shows them.

`make pictures` takes those under docs/pictures/. With a folder as argument, they go there; `--every-look`
takes each state in each look, to be looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.browser.harness import Person, Stage
from tests.nat_lab import possible
from tests.process import serving
from tools.pictures import gallery
from tools.pictures.album import Album
from tools.pictures.attack import attack
from tools.pictures.calls import calls
from tools.pictures.fonts import same_fonts
from tools.pictures.looks import LOOKS
from tools.pictures.networks import networks
from tools.pictures.outside import outside

PARTS = ["outside", "calls", "attack", "networks"]
KEPT = Path(__file__).parents[2] / "docs" / "pictures"


async def main(folder: Path, looks: list[str], parts: list[str]) -> None:
    """Take all of them, in four walks."""

    def album_of(person: Person) -> Album:
        return Album(person.page, folder, looks)

    def forced_album_of(person: Person) -> Album:
        return Album(person.page, folder, looks, forced=True)

    with tempfile.TemporaryDirectory() as home:
        same_fonts(Path(home))
        for name, walk in (("outside", outside), ("calls", calls), ("attack", attack)):
            if name not in parts:
                continue
            # Twice: a page that once had forced colours is never again painted as the others are.
            for album in (album_of, forced_album_of):
                place = Path(tempfile.mkdtemp(dir=home))
                async with serving(place) as server, Stage(server) as stage:
                    await walk(stage, album)
        if "networks" in parts and possible():
            place = Path(home) / "networks"
            place.mkdir()
            await networks(place, album_of)
        elif "networks" in parts:
            print("Not root: what needs networks of its own keeps the pictures that it has.", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=KEPT)
    parser.add_argument("--every-look", action="store_true", help="not only those in which a state is kept")
    parser.add_argument("--part", action="append", choices=PARTS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(
        main(
            given.folder,
            list(LOOKS) if given.every_look else [],
            given.part or PARTS,
        )
    )
    taken = {path.name for path in given.folder.glob("*.png")}
    (given.folder / "README.md").write_text(gallery.page(taken), encoding="utf-8")
