"""The wheel serves its pages, static files and templates from anywhere, with nothing of the checkout."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import sysconfig
from pathlib import Path

import aiohttp
import pytest

from meshvoice.web import bundle
from tests.web.running import Running, clean_environment, usual, write_env_file

ROOT = Path(__file__).parents[2]
NOT_SOURCE = shutil.ignore_patterns(
    ".*", "build", "dist", "var", "node_modules", "*.egg-info", "__pycache__", "tests"
)


async def succeed(*command: str, cwd: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=clean_environment(), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, command
    return out.decode()


@pytest.mark.slow
async def test_the_wheel_runs_from_another_folder(tmp_path: Path) -> None:
    source, wheels, elsewhere = (tmp_path / name for name in ("source", "wheels", "elsewhere"))
    elsewhere.mkdir()
    # A copy, so that building leaves nothing in the checkout and takes nothing of an earlier build.
    shutil.copytree(ROOT, source, ignore=NOT_SOURCE)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    await succeed(
        *pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(source), cwd=tmp_path
    )
    shutil.rmtree(source)
    (wheel,) = wheels.glob("meshvoice-*.whl")
    venv = tmp_path / "venv"
    await succeed(sys.executable, "-m", "venv", "--without-pip", str(venv), cwd=tmp_path)
    python = venv / "bin" / "python"
    await succeed(
        *(*pip, "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)),
        cwd=tmp_path,
    )
    # The dependencies as this environment has them; a folder named in a .pth brings no .pth files of its own,
    # so the checkout that is installed there as editable stays out.
    (site,) = (venv / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = "import meshvoice; print(meshvoice.__file__)"
    assert (await succeed(str(python), "-c", where, cwd=elsewhere)).startswith(str(venv))

    meshvoice = str(venv / "bin" / "meshvoice")
    assert "COTURN_SHARED_SECRET=" in await succeed(meshvoice, "secrets", "-", cwd=elsewhere)
    values = usual(elsewhere)
    process = await asyncio.create_subprocess_exec(
        *(meshvoice, "--env-file", str(write_env_file(elsewhere / "env", values)), "serve"),
        cwd=elsewhere,
        env=clean_environment(),
        stderr=asyncio.subprocess.PIPE,
    )
    running = Running(process)
    try:
        await running.listens()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{values['MESHVOICE_PORT']}") as http:
            async with http.get("/") as answer:
                assert (answer.status, "Your name" in await answer.text()) == (200, True)
            joined = bundle.files(ROOT / "static")
            shipped = {str(path.relative_to(ROOT)) for path in (ROOT / "static").rglob("*") if path.is_file()}
            for path in sorted(path for path in shipped if path.endswith((".js", ".css", ".svg"))):
                async with http.get(f"/{path}") as answer:
                    body = await answer.read()
                    name = path.removeprefix("static/")
                    source = ROOT / "static" / (bundle.FOLDER if name in joined else "") / name
                    # What stands under words/ is served in the visitor's language.
                    as_it_is = body == source.read_bytes() or name.startswith("words/")
                    assert (path, answer.status, as_it_is) == (path, 200, True)
                    if path.startswith("static/words/"):
                        assert b'"tag": "en"' in body, path
            async with http.get("/nothing-here", headers={"Accept": "text/html"}) as answer:
                assert (answer.status, "Nothing here" in await answer.text()) == (404, True)
        assert await running.ends(signal.SIGTERM) == 0
    finally:
        await running.ends(signal.SIGKILL)
