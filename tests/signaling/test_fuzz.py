"""Whatever arrives, the parser refuses or reads it, and the hub answers its sender alone."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meshvoice.signaling.allowance import BYTES_AT_ONCE
from meshvoice.signaling.client_messages import FromClient, parse
from meshvoice.signaling.effects import Close, Deliver, RemoveUser
from meshvoice.signaling.errors import BadMessage, SignalingError
from meshvoice.signaling.pairs import FIRST_GEN
from tests.signaling.descriptions import SDP
from tests.signaling.room import CANDIDATE, SEA, TABLE, World, three

CODES = {"bad-message", "too-large", "too-fast", "unknown-target", "not-allowed"}
FROM_CLIENT: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)

VALID: list[dict[str, Any]] = [
    {"type": "hello", "name": "Ana", "muted": False, "deafened": True, "ticket": "t", "seen": 41, "n": 1},
    {"type": "offer", "target": "b", "gen": 1, "sdp": SDP},
    {"type": "answer", "target": "b", "gen": 1, "sdp": SDP, "n": 2},
    {"type": "ice", "target": "b", "gen": 2, "candidates": [CANDIDATE, None]},
    {"type": "repair", "target": "b", "gen": 1, "why": "stalled"},
    {"type": "abort", "target": "b", "gen": 2},
    {"type": "state", "muted": True, "deafened": False},
    {"type": "links", "links": {"b": {"state": "up", "path": "direct", "rtt": 42, "loss": 0.01}}},
    {"type": "ping", "t": 7},
    {"type": "bye"},
    {"type": "remove", "target": "b"},
    {"type": "remove", "target": "b", "links": False},
]

odd_numbers = st.sampled_from(
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        -0.0,
        1e308,
        5e-324,
        2**31,
        2**53 + 1,
        2**64,
        -(2**63) - 1,
        10**400,
    ]
)
# Lone surrogates and all.
texts = st.text(st.characters(), max_size=20) | st.sampled_from(["\ud800", "\udfff\ud800", "\x00", "", "v=0"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a valid message with a few fields changed, added, taken away or moved deeper."""
    said = dict(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 3))):
        field = draw(st.sampled_from([*said, "source", "seq", "x"])) if said else "type"
        match draw(st.sampled_from(["set", "take", "borrow", "wrap", "type"])):
            case "set":
                said[field] = draw(values)
            case "take":
                said.pop(field, None)
            case "borrow":
                said |= draw(st.sampled_from(VALID))
            case "wrap":
                said[field] = draw(st.sampled_from([[said.get(field)], {field: said.get(field)}]))
            case "type":
                said["type"] = draw(st.sampled_from([valid["type"] for valid in VALID]))
    return json.dumps(
        said, ensure_ascii=draw(st.booleans()), separators=draw(st.sampled_from([None, (",", ":")]))
    )


@st.composite
def deep(draw: st.DrawFn) -> str:
    """Draw a message with brackets far deeper than any parser's stack."""
    opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}"), ('[{"type":', "}]")]))
    depth = draw(st.integers(1, 20_000))
    inner = opening * depth + "1" + closing * (depth if draw(st.booleans()) else 0)
    field = draw(st.sampled_from(["x", "t", "links", "candidates", "target"]))
    kind = draw(st.sampled_from(["ping", "links", "ice", "abort"]))
    return draw(
        st.sampled_from(
            [inner, f'{{"type":"{kind}","{field}":{inner}}}', f'{{"{field}":{inner},"type":"{kind}"}}']
        )
    )


@st.composite
def doubled(draw: st.DrawFn) -> str:
    """Draw a valid message in which one key of one object, at any level, stands twice."""
    said = draw(st.sampled_from(VALID))
    objects = [said, *(CANDIDATE,) * ("candidates" in said)]
    if said["type"] == "links":
        objects += [*said["links"].values(), said["links"]]
    chosen = draw(st.sampled_from(objects))
    key = draw(st.sampled_from(list(chosen)))
    again = json.dumps(chosen[key] if draw(st.booleans()) else draw(values))
    name = "".join(f"\\u{ord(c):04x}" for c in key) if draw(st.booleans()) else key
    whole = json.dumps(chosen)
    twice = draw(st.sampled_from([f'{whole[:-1]}, "{name}": {again}}}', f'{{"{name}": {again}, {whole[1:]}']))
    return json.dumps(said).replace(whole, twice)


anything = (
    st.binary(max_size=200)
    | st.text(st.characters(), max_size=200)
    | values.map(json.dumps)
    | mutated()
    | deep()
    | doubled()
)


def refusal(frame: str | bytes) -> SignalingError | None:
    """Give what is wrong with a frame, None where nothing is; any other exception falls through."""
    try:
        parse(frame)
    except SignalingError as problem:
        return problem
    return None


@given(anything)
@example("[" * 60_000)
@example('{"type":"ping","t":' + "9" * 5000 + "}")
@example(b'{"type":"remove","target":"\xed\xa0\x80"}')
@example(b'\xff\xfe{\x00"\x00')
def test_parse_reads_or_raises_signaling_error_and_nothing_else(frame: str | bytes) -> None:
    problem = refusal(frame)
    if problem is None:
        message = parse(frame)
        assert parse(msgspec.json.encode(message)) == message
    else:
        assert problem.code in CODES
        assert str(problem).encode()


@given(doubled())
def test_a_duplicate_key_is_always_refused(frame: str) -> None:
    with pytest.raises(BadMessage):
        parse(frame)


@given(mutated())
def test_what_is_read_means_what_the_standard_library_reads(frame: str) -> None:
    if refusal(frame) is None:
        message = parse(frame)
        for field, value in json.loads(frame).items():
            if field not in ("type", "candidates", "links"):
                assert getattr(message, field) == value


HELLO_BYTES = 1024
"""More than was spent on joining."""


@given(st.lists(anything, max_size=4), st.sampled_from(["guest", "owner"]))
def test_the_hub_never_raises_and_a_refused_frame_is_answered_to_its_sender_alone(
    frames: list[str | bytes], role: str
) -> None:
    world = World()
    _, bo, _ = three(world)
    world.joins("Dan", TABLE)
    for tab in world.tabs:
        tab.hears()
    bo.place.role = role  # type: ignore[union-attr]  # seated just above
    left = BYTES_AT_ONCE - HELLO_BYTES
    for frame in frames:
        left -= len(frame)
        problem, seated = refusal(frame), bo.place is not None
        effects = bo.sends(frame)
        heard = bo.hears()
        if not seated:
            assert effects == []
        elif problem is not None:
            assert [type(effect) for effect in effects] == [Deliver]
            # A frame that is too much is not read.
            allowed = {problem.code, *(["too-fast"] if left < 0 else [])}
            assert [(answer["type"], answer["code"] in allowed) for answer in heard] == [("error", True)]
        for effect in effects:
            assert not isinstance(effect, Close) or effect.socket == bo.socket
            assert not isinstance(effect, RemoveUser) or role == "owner"


@given(st.lists(mutated() | doubled() | deep(), max_size=10))
def test_nobody_else_gets_a_byte_of_a_refused_frame(frames: list[str]) -> None:
    world = World()
    ana, bo, cleo = three(world)
    for frame in frames:
        if refusal(frame) is not None:
            bo.sends(frame)
    assert (ana.hears(), cleo.hears()) == ([], [])


# Without controls and separators, which neither an SDP nor a candidate may have.
plain_texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)
relayable = st.sampled_from(["offer", "answer", "ice", "repair", "abort"])


@given(relayable, st.integers(1, FIRST_GEN), plain_texts, st.integers(1, 2**53) | st.none())
def test_a_directed_message_arrives_as_it_was_sent(kind: str, gen: int, text: str, n: int | None) -> None:
    ana, bo, _ = three(World())
    fields: dict[str, Any] = {"gen": gen}
    match kind:
        case "offer" | "answer":
            fields["sdp"] = f"{SDP}a=x:{text}"
        case "ice":
            fields["candidates"] = [None, {**CANDIDATE, "candidate": text}]
        case "repair":
            fields["why"] = text
    ana.says(kind, target=bo.peer, **fields, **({} if n is None else {"n": n}))
    assert bo.hears() == [{"type": kind, "source": ana.peer, **fields}]


def test_the_fuzzed_examples_are_messages_of_the_protocol() -> None:
    for said in VALID:
        assert FROM_CLIENT.decode(json.dumps(said)) == parse(json.dumps(said))


def test_frames_of_a_socket_in_one_room_never_touch_another() -> None:
    world = World()
    ana, dan = world.joins("Ana", SEA), world.joins("Dan", TABLE)
    dan.hears()
    for said in VALID:
        ana.says(**{**said, **({"target": dan.peer} if "target" in said else {})})
    assert dan.hears() == []
