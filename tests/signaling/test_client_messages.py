"""Whatever a client may say is read, and whatever else it sends is refused with a code."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from meshvoice.ids import PeerId
from meshvoice.signaling import client_messages
from meshvoice.signaling.client_messages import (
    Abort,
    Answer,
    Bye,
    Candidate,
    FromClient,
    Hello,
    Ice,
    LinkReport,
    Links,
    Offer,
    Ping,
    Remove,
    Repair,
    State,
    parse,
    type_of,
)
from meshvoice.signaling.errors import BadMessage, SignalingError, TooLarge
from tests.signaling.descriptions import SDP, sdp_of
from tests.signaling.room import CANDIDATE

BO = PeerId("b")
EXAMPLES: list[tuple[dict[str, Any], FromClient]] = [
    ({"type": "hello", "name": "Ana", "muted": False}, Hello("Ana", False)),
    (
        {"type": "hello", "name": "Ana", "muted": True, "deafened": True, "ticket": "t", "seen": 41},
        Hello("Ana", True, True, ticket="t", seen=41),
    ),
    ({"type": "offer", "target": "b", "gen": 1, "sdp": SDP}, Offer(BO, 1, SDP)),
    ({"type": "answer", "target": "b", "gen": 1, "sdp": SDP, "n": 9}, Answer(BO, 1, SDP, n=9)),
    (
        {"type": "ice", "target": "b", "gen": 2, "candidates": [CANDIDATE, None]},
        Ice(BO, 2, [Candidate(*CANDIDATE.values()), None]),  # type: ignore[arg-type]  # str and int, in order
    ),
    ({"type": "repair", "target": "b", "gen": 1, "why": "stalled"}, Repair(BO, 1, "stalled")),
    ({"type": "repair", "target": "b", "gen": 0}, Repair(BO, 0)),
    ({"type": "abort", "target": "b", "gen": 2}, Abort(BO, 2)),
    ({"type": "state", "muted": True, "deafened": False}, State(True, False)),
    (
        {"type": "links", "links": {"b": {"state": "up", "path": "direct", "rtt": 42, "loss": 0.01}}},
        Links({BO: LinkReport("up", "direct", 42, 0.01)}),
    ),
    ({"type": "links", "links": {"b": {"state": "connecting"}}}, Links({BO: LinkReport("connecting")})),
    (
        {"type": "links", "links": {}, "first": [412, 0], "repairs": {"stalled": 2}},
        Links({}, [412, 0], {"stalled": 2}),
    ),
    ({"type": "ping", "t": 7}, Ping(7)),
    ({"type": "bye"}, Bye()),
    ({"type": "remove", "target": "b"}, Remove(BO)),
    ({"type": "remove", "target": "b", "links": False}, Remove(BO, False)),
]


def refusal(frame: str | bytes | dict[str, Any]) -> tuple[str, str, str | None]:
    with pytest.raises(SignalingError) as caught:
        parse(json.dumps(frame) if isinstance(frame, dict) else frame)
    return caught.value.code, str(caught.value), caught.value.about


@pytest.mark.parametrize(("said", "meant"), EXAMPLES, ids=[example["type"] for example, _ in EXAMPLES])
def test_each_message_of_the_protocol_is_read(said: dict[str, Any], meant: FromClient) -> None:
    assert parse(json.dumps(said)) == meant
    assert type_of(meant) == said["type"]


def test_text_and_bytes_are_read_alike() -> None:
    assert parse('{"type":"bye"}') == parse(b'{"type":"bye"}') == Bye()


def test_order_and_spaces_mean_nothing() -> None:
    assert parse(' { "gen" : 2 , "target" : "b" , "type" : "abort" } ') == Abort(BO, 2)


def test_text_of_any_language_is_read() -> None:
    assert parse('{"type":"hello","name":"Åsa 🎙 \\ud83c\\udf99","muted":true}') == Hello("Åsa 🎙 🎙", True)


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"offer","target":"b","gen":1,"sdp":"v=0\\r\\nm=audio 9 X 1\\r\\na=é/\\"","n":1}',
        '{"type":"answer","target":"b","gen":1,"sdp":"v=0\\nm=audio 9 X 1","n":2}',
        '{"type":"ice","target":"b","gen":1,"candidates":[{"candidate":"c","sdpMid":"0","sdpMLineIndex":0,'
        '"usernameFragment":"u"},null],"n":3}',
        '{"type":"repair","target":"b","gen":1,"why":"","n":4}',
        '{"type":"abort","target":"b","gen":1,"n":5}',
        '{"type":"state","muted":true,"deafened":false,"n":6}',
        '{"type":"links","links":{"b":{"state":"up","path":null,"rtt":42,"loss":0}},"n":7}',
        '{"type":"ping","t":7}',
        '{"type":"remove","target":"b","n":8}',
        '{"type":"remove","target":"b","links":false,"n":9}',
    ],
)
def test_what_our_own_client_writes_needs_no_second_look(frame: str) -> None:
    # A frame that we would write just so has each key once: the slow look for duplicates is spared.
    assert msgspec.json.encode(parse(frame)) == frame.encode()


# Codes


@pytest.mark.parametrize(
    "frame", ["", "{", "nonsense", '{"type":"bye"}{}', '{"type":"bye",}', "{'type':'bye'}"]
)
def test_what_is_no_json_is_a_bad_message(frame: str) -> None:
    code, sentence, about = refusal(frame)
    assert (code, about) == ("bad-message", None)
    assert sentence.startswith("not JSON: ")


@pytest.mark.parametrize(
    "frame", [b"\xff", b'{"type":"remove","target":"\xff"}', b"\x00{\x00}\x00", b"\xef\xbb\xbf{}"]
)
def test_what_is_no_utf_8_is_a_bad_message(frame: bytes) -> None:
    assert refusal(frame)[0] == "bad-message"


@pytest.mark.parametrize(
    "frame", ["null", "1", '"bye"', "[]", '[{"type":"bye"}]', "{}", '{"type":1}', '{"type":null}']
)
def test_what_is_no_message_is_a_bad_message(frame: str) -> None:
    assert refusal(frame)[0] == "bad-message"


@pytest.mark.parametrize("type", ["", "Bye", "welcome", "present", "left", "error", "credentials", "pong"])
def test_an_unknown_type_and_one_that_is_the_servers_is_a_bad_message(type: str) -> None:
    assert refusal({"type": type})[0] == "bad-message"


def test_a_refusal_tells_about_which_message_it_is() -> None:
    assert refusal({"type": "abort", "gen": 1}) == (
        "bad-message",
        "Object missing required field `target`",
        "abort",
    )


@pytest.mark.parametrize("example", [said for said, _ in EXAMPLES], ids=lambda said: str(said["type"]))
@pytest.mark.parametrize("field", ["source", "seq", "user", "order", "role", "x"])
def test_an_unknown_field_is_refused(example: dict[str, Any], field: str) -> None:
    assert refusal({**example, field: 1}) == (
        "bad-message",
        f"Object contains unknown field `{field}`",
        example["type"],
    )


@pytest.mark.parametrize("example", [said for said, _ in EXAMPLES], ids=lambda said: str(said["type"]))
def test_no_field_takes_another_type(example: dict[str, Any]) -> None:
    for field in example:
        for wrong in ({"a": 1}, [1], True, "x", 1.5, None):
            if type(wrong) is type(example[field]) or (example["type"], field, wrong) == ("ping", "t", 1.5):
                continue
            assert refusal({**example, field: wrong})[0] == "bad-message", (field, wrong)


def test_what_a_candidate_says_beyond_the_standard_is_left_out_and_the_candidate_goes_on() -> None:
    more = {"address": "192.0.2.7", **CANDIDATE, "foundation": "1", "relatedPort": None, "x": {"y": [1]}}
    said = {"type": "ice", "target": "b", "gen": 1, "candidates": [more, None]}
    assert parse(json.dumps(said)) == parse(json.dumps({**said, "candidates": [CANDIDATE, None]}))


def test_an_unknown_field_of_a_link_is_refused() -> None:
    assert refusal({"type": "links", "links": {"b": {"state": "up", "x": 1}}})[0] == "bad-message"


@pytest.mark.parametrize(
    "said",
    [
        {"type": "hello", "name": "", "muted": False},
        {"type": "hello", "name": "x" * 81, "muted": False},
        {"type": "hello", "name": "Ana", "muted": False, "ticket": "x" * 1025},
        {"type": "hello", "name": "Ana", "muted": False, "seen": -1},
        {"type": "abort", "target": "", "gen": 1},
        {"type": "abort", "target": "x" * 65, "gen": 1},
        {"type": "abort", "target": "b", "gen": 0},
        {"type": "abort", "target": "b", "gen": 2**31 + 1},
        {"type": "abort", "target": "b", "gen": 1, "n": 0},
        {"type": "repair", "target": "b", "gen": -1},
        {"type": "repair", "target": "b", "gen": 1, "why": "x" * 65},
        {"type": "offer", "target": "b", "gen": 1, "sdp": "o=- 1 1"},
        {"type": "answer", "target": "b", "gen": 1, "sdp": ""},
        {"type": "ice", "target": "b", "gen": 1, "candidates": [{**CANDIDATE, "sdpMLineIndex": -1}]},
        {"type": "ice", "target": "b", "gen": 1, "candidates": [{**CANDIDATE, "sdpMid": "x" * 65}]},
        {
            "type": "ice",
            "target": "b",
            "gen": 1,
            "candidates": [{**CANDIDATE, "usernameFragment": "x" * 257}],
        },
        {"type": "links", "links": {"b": {"state": "fine"}}},
        {"type": "links", "links": {"b": {"state": "up", "path": "pigeon"}}},
        {"type": "links", "links": {"b": {"state": "up", "rtt": -1}}},
        {"type": "links", "links": {"b": {"state": "up", "rtt": 60001}}},
        {"type": "links", "links": {"b": {"state": "up", "loss": 1.01}}},
        {"type": "links", "links": {"b": {"state": "up", "loss": 2}}},
        {"type": "links", "links": {"": {"state": "up"}}},
        {"type": "links", "links": {}, "first": [600_001]},
        {"type": "links", "links": {}, "first": [-1]},
        {"type": "links", "links": {}, "first": [0.5]},
        {"type": "links", "links": {}, "first": [1] * 33},
        {"type": "links", "links": {}, "first": None},
        {"type": "links", "links": {}, "repairs": {"stalled": 101}},
        {"type": "links", "links": {}, "repairs": {"stalled": 0}},
        {"type": "links", "links": {}, "repairs": {"": 1}},
        {"type": "links", "links": {}, "repairs": {"x" * 17: 1}},
        {"type": "links", "links": {}, "repairs": {str(at): 1 for at in range(17)}},
        {"type": "ping", "t": -1},
        {"type": "ping", "t": 2**53 + 1},
    ],
    ids=str,
)
def test_what_is_out_of_range_is_a_bad_message(said: dict[str, Any]) -> None:
    assert refusal(said)[::2] == ("bad-message", said["type"])


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"ping","t":NaN}',
        '{"type":"ping","t":Infinity}',
        '{"type":"ping","t":1e400}',
        '{"type":"ping","t":' + "9" * 5000 + "}",
        '{"type":"ping","t":1,"n":' + "9" * 5000 + "}",
        '{"type":"ping","t":01}',
    ],
    ids=["NaN", "Infinity", "1e400", "5000 digits", "n of 5000 digits", "01"],
)
def test_numbers_that_are_none_of_json_are_a_bad_message(frame: str) -> None:
    assert refusal(frame)[0] == "bad-message"


@pytest.mark.parametrize(
    "frame",
    [
        "[" * 60_000,
        '{"x":' * 10_000,
        '{"x":' + "[" * 30_000 + "]" * 30_000 + ',"type":"bye"}',
        '{"type":"links","links":' + '{"b":' * 10_000,
    ],
    ids=["arrays", "objects", "before the type", "in a field"],
)
def test_deep_nesting_is_a_bad_message(frame: str) -> None:
    assert refusal(frame)[0] == "bad-message"


def test_nesting_that_exhausts_the_stack_says_so() -> None:
    assert refusal('{"x":' + "[" * 30_000 + "]" * 30_000 + "}")[1] == "nested too deeply"


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"remove","target":"\\ud800"}',
        '{"type":"remove","target":"\\udc00\\ud800"}',
        '{"type":"remove","target":"\ud800"}',
        b'{"type":"remove","target":"\xed\xa0\x80"}',
        '{"type":"links","links":{"\\ud800":{"state":"up"}}}',
        '{"type":"bye","\\ud800":1}',
    ],
    ids=["escaped", "swapped", "text", "bytes", "key", "field"],
)
def test_a_lone_surrogate_is_a_bad_message(frame: str | bytes) -> None:
    assert refusal(frame)[0] == "bad-message"


@pytest.mark.parametrize(
    ("frame", "key"),
    [
        ('{"type":"ping","t":1,"t":1}', "t"),
        ('{"type":"ping","t":1,"t":2}', "t"),
        ('{"type":"ping","type":"ping","t":1}', "type"),
        ('{"type":"ping","t":1,"\\u0074":1}', "t"),
        ('{"type":"links","links":{"b":{"state":"up"},"b":{"state":"up"}}}', "b"),
        ('{"type":"links","links":{"b":{"state":"up","state":"up"}}}', "state"),
        ('{"type":"ice","target":"b","gen":1,"candidates":[{"candidate":"","candidate":""}]}', "candidate"),
        ('{"type":"ice","target":"b","gen":1,"candidates":[{"candidate":"","x":1,"x":1}]}', "x"),
        ('{"type":"links","links":{' + ",".join(['"' + "é" * 64 + '":{"state":"up"}'] * 2) + "}}", "é" * 40),
    ],
    ids=["same", "another", "type", "escaped", "peer", "inner", "in a list", "unknown", "long"],
)
def test_a_key_that_stands_twice_is_refused_at_any_level(frame: str, key: str) -> None:
    assert refusal(frame) == ("bad-message", f"the key `{key}` stands twice", json.loads(frame)["type"])


@pytest.mark.parametrize(
    "value",
    ["1" * 5000, "-" + "1" * 60_000, "0." + "1" * 60_000, "1e999"],
    ids=["5000 digits", "a full frame", "a fraction", "infinite"],
)
def test_a_number_of_any_length_in_a_field_that_is_left_out_is_left_out(value: str) -> None:
    """Python refuses to read integers of over 4300 digits, and that once ended the socket with a trace."""
    frame = '{"type":"ice","target":"b","gen":1,"candidates":[{"candidate":"","x":' + value + "}]}"
    assert parse(frame) == Ice(BO, 1, [Candidate("")])


def test_many_keys_are_looked_at_in_time_that_grows_as_they_do() -> None:
    """Each was counted among all others: one frame of 60 KB held the loop for a second."""
    keys = [f'"{number:x}":1' for number in range(7000)]
    candidate = ",".join(['"candidate":""', *keys, '"1b57":2'])
    frame = '{"type":"ice","target":"b","gen":1,"candidates":[{' + candidate + "}]}"
    assert refusal(frame) == ("bad-message", "the key `1b57` stands twice", "ice")
    compared = 0

    class Key(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, str(other))

    client_messages._unique([(Key(f"{number:x}"), 1) for number in range(7000)])
    assert compared < 7000


def test_a_refusal_gives_less_back_than_it_was_sent() -> None:
    assert len(refusal({"type": "bye", "x" * 60_000: 1})[1]) == 200


# Limits: SDP at most 32 KiB, a candidate at most 1 KiB


@pytest.mark.parametrize("type", ["offer", "answer"])
def test_an_sdp_has_at_most_32_kib(type: str) -> None:
    said: dict[str, Any] = {"type": type, "target": "b", "gen": 1, "sdp": sdp_of(32 * 1024)}
    parse(json.dumps(said))
    said["sdp"] += "x"
    assert refusal(said) == ("too-large", "an SDP has at most 32768 bytes - at `$.sdp`", type)


def test_an_sdp_is_measured_in_bytes() -> None:
    said = {"type": "offer", "target": "b", "gen": 1, "sdp": sdp_of(17_000).replace("xx", "éé")}
    assert refusal(said)[0] == "too-large"


def test_an_sdp_of_any_letters_within_the_limit_is_read() -> None:
    said = {"type": "offer", "target": "b", "gen": 1, "sdp": sdp_of(16_000).replace("xx", "éé")}
    parse(json.dumps(said))


@pytest.mark.parametrize("type", ["offer", "answer"])
def test_an_sdp_of_another_shape_is_a_bad_message(type: str) -> None:
    said = {"type": type, "target": "b", "gen": 1, "sdp": SDP + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"}
    assert refusal(said) == (
        "bad-message",
        "an SDP has one audio section: this one has 2 - at `$.sdp`",
        type,
    )


@pytest.mark.parametrize("field", ["candidate", "sdpMid", "usernameFragment"])
@pytest.mark.parametrize("control", ["\0", "\n", "\r\na=mid:1", "\x7f", "\x85", "\u2028"])
def test_a_candidate_has_no_control_characters(field: str, control: str) -> None:
    said = {"type": "ice", "target": "b", "gen": 1, "candidates": [None, {**CANDIDATE, field: f"a{control}"}]}
    assert refusal(said) == (
        "bad-message",
        "a candidate has no control characters - at `$.candidates`",
        "ice",
    )


def test_a_candidate_has_at_most_1_kib() -> None:
    said = {"type": "ice", "target": "b", "gen": 1, "candidates": [{"candidate": "x" * 1024}]}
    parse(json.dumps(said))
    said["candidates"] = [None, {"candidate": "x" * 1025}]
    assert refusal(said) == ("too-large", "a candidate has at most 1024 bytes", "ice")


def test_at_most_64_candidates_come_together() -> None:
    said: dict[str, Any] = {"type": "ice", "target": "b", "gen": 1, "candidates": [None] * 64}
    parse(json.dumps(said))
    said["candidates"].append(None)
    assert refusal(said) == ("too-large", "at most 64 candidates in one message", "ice")


def test_at_most_32_links_are_told_together() -> None:
    said: dict[str, Any] = {"type": "links", "links": {str(at): {"state": "up"} for at in range(32)}}
    parse(json.dumps(said))
    said["links"]["32"] = {"state": "up"}
    assert refusal(said) == ("too-large", "at most 32 links in one report", "links")


def test_an_empty_candidate_which_is_the_old_end_of_candidates_is_read() -> None:
    message = parse(json.dumps({"type": "ice", "target": "b", "gen": 1, "candidates": [{"candidate": ""}]}))
    assert isinstance(message, Ice)


def test_each_refusal_is_of_one_error_tree() -> None:
    assert BadMessage.__mro__[1] is TooLarge.__mro__[1] is SignalingError
