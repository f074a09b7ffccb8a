"""Joins the modules of a call into a few files under static/built/, by esbuild: `make bundle`.

A room's page asks for more than 150 modules as they are written; joined they are fifteen files. The server
serves these in their place while they are of the modules that lie there (meshvoice/web/bundle.py): nothing
needs them.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from meshvoice.web import bundle

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
ENTRIES = (
    "voice-mesh.js",
    # By its address it knows where the site begins: as an entry it gets a part of its own in voice/.
    "voice/base.js",
    "voice/panel/button.js",
    "voice/panel/panel.js",
    "voice/panel/settings-sheet.js",
    "voice/panel/shortcuts-sheet.js",
)
"""What is asked for by name: a page from before an upgrade finds them under the same."""
OPTIONS = (
    "--bundle",
    "--splitting",
    "--format=esm",
    "--minify",
    # What the modules are written in: nothing newer comes of making them short.
    "--target=es2022",
    "--log-level=warning",
    "--outbase=static",
    # As deep as most that names words, whose place is left as it is written.
    "--chunk-names=voice/part-[hash]",
    # The server writes them in the page's language.
    "--external:*/words/voice.js",
    # They belong to the page, which has them already.
    "--external:../../page.js",
    "--external:../../partial-update.js",
    # Chromium compiles all of it while it loads: else each function waits for its first call, in the click.
    "--banner:js=//# allFunctionsCalledOnLoad",
)
_IMPORT = re.compile(r"""\b(?:from|import\(?)["'](\.[^"']+)["']""")


def main() -> int:
    """Make them, where they are not there already; `--if-there`: nothing of it keeps anybody from serving."""
    if "--if-there" not in sys.argv:
        return join()
    if _esbuild() is None:
        return 0
    try:
        failed = join()
    except (OSError, subprocess.CalledProcessError) as problem:
        print(problem, file=sys.stderr)
        failed = 1
    if failed:
        print("so the modules are served as they are written", file=sys.stderr)
    return 0


def join() -> int:
    """Make them, or say what is the matter; gives the exit code. Raises `CalledProcessError`."""
    found = _esbuild()
    if found is None:
        print("esbuild is missing: `npm ci` or `apt install esbuild` brings it", file=sys.stderr)
        return 1
    made_by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    place = STATIC / bundle.FOLDER
    if bundle.files(STATIC) and json.loads((place / bundle.SOURCES).read_text()).get("by") == made_by:
        return 0
    # Not where a server that runs looks; on one file system, so that it gets there at once.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bundle-") as folder:
        made = Path(folder) / bundle.FOLDER
        # Before: of what is saved meanwhile, this isn't made.
        of = bundle.digest(STATIC)
        command = [found, *(f"static/{entry}" for entry in ENTRIES), *OPTIONS, f"--outdir={made}"]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603  # nothing in it is anybody's input
        trouble = _strays(made)
        if trouble:
            print(*trouble, sep="\n", file=sys.stderr)
            return 1
        sources = {"of": of, "by": made_by, "files": sorted(_names(made))}
        (made / bundle.SOURCES).write_text(json.dumps(sources, indent=1), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        made.rename(place)
    return 0


def _esbuild() -> str | None:
    return shutil.which("esbuild", path=str(ROOT / "node_modules" / ".bin")) or shutil.which("esbuild")


def _names(made: Path) -> list[str]:
    return [file.relative_to(made).as_posix() for file in made.rglob("*.js")]


def _strays(made: Path) -> list[str]:
    """Name each import that leads nowhere from where it stands now."""
    return [
        f"{name} imports {path}, which is not there"
        for name in _names(made)
        for path in _IMPORT.findall((made / name).read_text(encoding="utf-8"))
        if not any((root / name).parent.joinpath(path).resolve().is_file() for root in (made, STATIC))
    ]


if __name__ == "__main__":
    sys.exit(main())
