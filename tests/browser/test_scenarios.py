"""The simulator's own stories, lived by real Chromium: what the fakes promise must be so.

The stories stand in tests/js/scenarios.js, where the simulator plays them, too.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import CHROMIUM, TONES, Person, Stage, all_hear_each_other
from tests.browser.homes import ORIGIN, need_lab
from tests.lan_lab import LanLab, lan_lab
from tests.nat_lab import SERVER
from tests.process import Server, serving

pytestmark = [pytest.mark.lab, pytest.mark.slow]
STORIES_FILE = Path(__file__).parents[1] / "js" / "scenarios.js"
SLACK = 2.0
"""Seconds beyond the story's own for each person: a real browser on a busy machine, and an ear of 170 ms."""


def _stories() -> dict[str, list[list[Any]]]:
    if shutil.which("node") is None:
        return {}
    script = f'import("{STORIES_FILE.as_uri()}").then((m) => console.log(JSON.stringify(m.SCENARIOS)))'
    done = subprocess.run(["node", "-e", script], check=True, capture_output=True, text=True, timeout=60)
    stories: dict[str, list[list[Any]]] = json.loads(done.stdout)
    return stories


STORIES = _stories()
LONG = 10
CROWD = 3
"""More browsers than this, each of its own, are a load test of the machine rather than of the story."""


def _cases() -> list[Any]:
    cases = []
    for name, steps in STORIES.items():
        crowd = sum(step[1] == "join" for step in steps)
        marks = [pytest.mark.slow] if steps[-1][0] > LONG or crowd > CROWD else []
        cases.append(pytest.param(name, id=name.replace(" ", "-"), marks=marks))
    return cases


class Play:
    """One story: the people in it by their names, and their machines by number."""

    def __init__(self, lab: LanLab, server: Server, names: list[str]) -> None:
        self.lab = lab
        self.server = server
        self.number = {name: n for n, name in enumerate(names, 1)}
        self.people: dict[str, Person] = {}
        self.stages: dict[str, Stage] = {}
        self.inside: set[str] = set()

    async def do(self, action: str, who: str = "", other: str = "") -> None:
        """Take one step of the story."""
        numbers = self.number
        match action:
            case "join":
                self.inside.add(who)
                await self.people[who].click_voice()
            case "leave":
                self.inside.discard(who)
                await self.people[who].leave()
            case "cut":
                self.lab.lose(numbers[who], numbers[other])
                self.lab.lose(numbers[other], numbers[who])
            case "deaf":
                self.lab.deafen(numbers[who], numbers[other])
            case "heal":
                for number in numbers.values():
                    self.lab.heal(number)
            case "offline":
                self.lab.lose_server(numbers[who])
            case "online":
                self.lab.heal(numbers[who])
            case "sleep":
                self.stages[who].signal(signal.SIGSTOP)
            case "wake":
                self.stages[who].signal(signal.SIGCONT)
            case "move":
                self.lab.move(numbers[who])
            case "stop":
                await self.server.end(signal.SIGKILL)
            case "start":
                await self.server.start()
            case "hears":
                people = [self.people[name] for name in self.inside]
                await all_hear_each_other(people, seconds=SLACK * len(people))
            case _:
                raise AssertionError(f"no such step: {action}")


@pytest.mark.parametrize("story", _cases())
async def test_a_story_ends_in_real_browsers_as_in_the_simulator(tmp_path: Path, story: str) -> None:
    need_lab()
    steps = STORIES[story]
    names = sorted({step[2] for step in steps if step[1] == "join"})
    async with AsyncExitStack() as stack:
        lab = stack.enter_context(lan_lab(len(names)))
        prefix = ("ip", "netns", "exec", lab.name("srv"))
        env = {"MESHVOICE_HOST": SERVER, "MESHVOICE_PORT": "8080", "MESHVOICE_ORIGIN": ORIGIN}
        server = await stack.enter_async_context(serving(tmp_path, prefix=prefix, **env))
        play = Play(lab, server, names)
        for name, number in play.number.items():
            chromium = tmp_path / f"chromium{number}"
            chromium.write_text(
                f'#!/bin/sh\nexec ip netns exec {lab.name(f"home{number}")} {CHROMIUM} "$@"\n'
            )
            chromium.chmod(0o700)
            flag = f"--unsafely-treat-insecure-origin-as-secure={ORIGIN}"
            stage = await stack.enter_async_context(Stage(server, flag, executable=str(chromium)))
            play.stages[name] = stage
            play.people[name] = await stage.person(name.capitalize(), tone=TONES[number - 1])
        owner, *guests = play.people.values()
        await owner.open_sea()
        for guest in guests:
            await guest.come(await owner.invite())
        loop = asyncio.get_running_loop()
        start = loop.time()
        for second, *what in steps:
            # The story's own clock is the test's input.
            await asyncio.sleep(max(0.0, start + second - loop.time()))
            await play.do(*what)
        assert [problem for stage in play.stages.values() for problem in stage.problems] == []
