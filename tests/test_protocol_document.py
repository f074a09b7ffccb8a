"""PROTOCOL.md is what the code does: each example is a message of it, and each code stands in both alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from meshvoice.signaling import client_messages, server_messages
from meshvoice.signaling.client_messages import Hello, parse, type_of
from meshvoice.signaling.codes import CloseCode, ErrorCode
from meshvoice.turn.credentials import CredentialsBody

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")
Example = dict[str, Any]


def blocks() -> Iterator[Example]:
    """Give the examples that stand apart, one after another where a block holds several."""
    for block in re.findall(r"```json\n(.*?)```", TEXT, re.S):
        rest = block.strip()
        while rest:
            example, end = json.JSONDecoder().raw_decode(rest)
            yield example
            rest = rest[end:].strip()


def inline() -> Iterator[Example]:
    """Give the messages that stand in a sentence; `...` elides what stands elsewhere."""
    for text in re.findall(r'`(\{"type":[^`]*\})`', TEXT):
        yield json.loads(text.replace(", ...}", "}"))


def tag(message: type[msgspec.Struct]) -> str:
    return str(message.__struct_config__.tag)


CLIENT_TYPES = {tag(each) for each in get_args(client_messages.FromClient)}
SERVER_TYPES = {tag(each) for each in get_args(server_messages.FromServer)}
RELAYED = {"offer", "answer", "ice", "repair", "abort", "state", "links", "hello"}
"""What peers send to each other: shown as its sender writes it."""
EXAMPLES = [*blocks(), *inline()]
BODY, *_ = [example for example in EXAMPLES if "iceServers" in example]
MESSAGES = [example for example in EXAMPLES if "type" in example and example["type"] != "credentials"]
SAID = [each for each in MESSAGES if each["type"] in CLIENT_TYPES and "source" not in each]
TOLD = [each for each in MESSAGES if each not in SAID]


def name_of(example: Example) -> str:
    return str(example["type"])


@pytest.mark.parametrize("example", SAID, ids=name_of)
def test_an_example_of_a_client_is_read_by_the_parser(example: Example) -> None:
    message = parse(json.dumps(example))
    assert type_of(message) == example["type"]
    # With `n`, which the document leaves out.
    assert parse(json.dumps({**example, "n": 1})).n == 1


@pytest.mark.parametrize("example", TOLD, ids=name_of)
def test_an_example_of_the_server_is_what_the_server_sends(example: Example) -> None:
    """Every field that the server writes, `seq` left out, and no other."""
    message = msgspec.convert(example, type=server_messages.FromServer)
    frame = server_messages.sealed(server_messages.body(message), 1)
    assert json.loads(frame) == {**example, "seq": 1}


def test_every_message_of_a_client_is_shown() -> None:
    assert {example["type"] for example in SAID} == CLIENT_TYPES


def test_every_message_of_the_servers_own_is_shown() -> None:
    assert {example["type"] for example in TOLD} - RELAYED == SERVER_TYPES - RELAYED


def test_the_credentials_are_those_of_the_endpoint() -> None:
    shown = msgspec.convert(BODY, type=CredentialsBody)
    assert (
        {*BODY, "iceTransportPolicy"}
        == {*shown, "iceTransportPolicy"}
        == set(CredentialsBody.__annotations__)
    )
    (message,) = [example for example in EXAMPLES if example.get("type") == "credentials"]
    assert set(message) - {"type"} <= set(BODY)
    frame = server_messages.sealed(server_messages.credentials_body({**BODY}), 1)
    assert json.loads(frame) == {"type": "credentials", **BODY, "seq": 1}


def test_coming_back_adds_the_ticket_and_what_was_seen() -> None:
    (addition,) = re.findall(r'`("ticket": "\.\.\.", "seen": \d+)`', TEXT)
    hello = next(example for example in SAID if example["type"] == "hello")
    said = parse(json.dumps({**hello, **json.loads(f"{{{addition}}}")}))
    assert isinstance(said, Hello)
    assert (said.ticket, said.seen) == ("...", 41)


# The codes


def rows(heading: str) -> list[list[str]]:
    """Give the cells of the table that stands under a heading, without its head."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:]]


def test_the_error_codes_are_those_of_the_document() -> None:
    documented = {code.strip("`"): when for code, when in rows("12. error")}
    assert documented == {code.value: code.when for code in ErrorCode}


def test_the_close_codes_are_those_of_the_document() -> None:
    documented = {
        int(code): (why, comes_back)
        for codes, why, comes_back in rows("Closing, and coming back")
        for code in codes.split(", ")
    }
    assert documented == {code.value: (code.why, code.comes_back.value) for code in CloseCode}


def javascript_codes() -> tuple[dict[int, bool], set[str]] | None:
    """Read the client's own table: whether it comes back after each close code, and the error codes.

    None while there is no such file.
    """
    found = sorted((ROOT / "static").rglob("codes.js"))
    if not found:
        return None
    (text,) = [path.read_text(encoding="utf-8") for path in found]
    tables = dict(re.findall(r"export const (\w+) = Object\.freeze\(\{\n(.*?)\n\}\);", text, re.S))
    closes = re.findall(r"(?m)^\s*(\d{4}): \{.*?comesBack: (true|false)\b", tables["CLOSE_CODES"])
    errors = re.findall(r'(?m)^\s*"([a-z-]+)":', tables["ERROR_CODES"])
    return {int(code): comes_back == "true" for code, comes_back in closes}, set(errors)


def test_the_clients_codes_are_those_of_the_server() -> None:
    theirs = javascript_codes()
    if theirs is not None:
        assert theirs == (
            {code.value: code.comes_back.after_the_welcome for code in CloseCode},
            set(ErrorCode),
        )
