"""A line of an env file reads as systemd and shells read it, or is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshvoice.env_lines import LineRefused, assignments
from tests.env_readers import SHELLS, by_shell, by_systemd

READ = [
    ("A=b", "b"),
    ("  A=b  ", "b"),
    ("\tA=\tb\t", "b"),
    ("A=", ""),
    ("A=  ", ""),
    ("A=b=c#d", "b=c#d"),
    ("A=two  words", "two  words"),
    ("A=Grö\xdfe\xa0im Wald\u3000", "Grö\xdfe\xa0im Wald\u3000"),
    ("A=a:b/c~d*?[e]{f,g}!%^@", "a:b/c~d*?[e]{f,g}!%^@"),
    (r"A=cat\dog and bird", "catdog and bird"),
    (r"A=cat\\dog", r"cat\dog"),
    (r"A=\$5\ \`\"\'\&\;\|\<\>\(\)\#", "$5 `\"'&;|<>()#"),
    (r"A=\~a:\~b", "~a:~b"),
    ("A=b\\ ", "b "),
    ("A=b\\  \t", "b "),
    (r"A=b\\", "b\\"),
    ('A=""', ""),
    ("A=''", ""),
    ('A="b c"', "b c"),
    ('A= "b c" \t', "b c"),
    ("A='b c'", "b c"),
    ('A=" b "', " b "),
    ("A='b\\'", "b\\"),
    ("A='$5 `b` \"c\" \\d # e'", '$5 `b` "c" \\d # e'),
    (r'''A="\" \\ \$ \` ' # \d \\d"''', "\" \\ $ ` ' # \\d \\d"),
]
OPEN, OTHERWISE, REPLACED = "isn't closed at its end", "shells read otherwise", "which a shell replaces"
REFUSED = [
    ("A", "is not NAME=value"),
    ("=b", "is not NAME=value"),
    ("a=b", "is not NAME=value"),
    ("export A=b", "is not NAME=value"),
    ("1A=b", "is not NAME=value"),
    ("A =b", "is not NAME=value"),
    ("A-B=c", "is not NAME=value"),
    ("\ufeffA=b", "UTF-8 without it"),
    ("\ufeff# a note", "UTF-8 without it"),
    ("\xa0A=b", "is not NAME=value"),
    ("# a note that ends in \\", "ends in a backslash"),
    ("; a note that ends in \\\\\\", "ends in a backslash"),
    ("A=b\\", "joins the next line"),
    ("A=b\\\\\\", "joins the next line"),
    ("A=\\", "joins the next line"),
    ("A='", OPEN),
    ('A="', OPEN),
    ("A='b", OPEN),
    ('A="b', OPEN),
    ('A="b\\"', OPEN),
    ("A=\"b'", OPEN),
    ("A='b'c", OPEN),
    ("A='b' 'c'", OPEN),
    ("A='don'\\''t'", OPEN),
    ('A="b" # c', OPEN),
    ('A="b"c"', OPEN),
    ("A='b'\xa0", OPEN),
    ("A=don't", OTHERWISE),
    ('A=b"c"', OTHERWISE),
    ("A=$HOME", OTHERWISE),
    ("A=`b`", OTHERWISE),
    ("A=b;c", OTHERWISE),
    ("A=b&c", OTHERWISE),
    ("A=b|c", OTHERWISE),
    ("A=b>c", OTHERWISE),
    ("A=b<c", OTHERWISE),
    ("A=(b)", OTHERWISE),
    ("A=~/book.db", OTHERWISE),
    ("A=b:~", OTHERWISE),
    ("A=8080 # the port", OTHERWISE),
    ("A= # the port", OTHERWISE),
    ('A="$HOME"', REPLACED),
    ('A="`b`"', REPLACED),
    ('A="\\\\$b"', REPLACED),
    ("A=b\x00", "control character"),
    ("A=b\x1b[0m", "control character"),
    ("# \x0c", "control character"),
    ("A=\x7f", "control character"),
]


def runs_a_word(line: str) -> bool:
    """Whether the value is words without quotes, of which a shell would run the second."""
    _, _, value = line.partition("=")
    bare = re.sub(r"\\.", "_", value).rstrip(" \t")
    return bare[:1] not in ("'", '"') and re.search(r"[ \t]", bare) is not None


def read(text: str) -> dict[str, str]:
    return {each.name: each.value for each in assignments(text)}


@pytest.mark.parametrize(("line", "value"), READ)
def test_a_line_gives_its_value(line: str, value: str) -> None:
    assert read(line) == {"A": value}


@pytest.mark.parametrize(("line", "value"), READ)
def test_systemd_gives_it_the_same_value(line: str, value: str, tmp_path: Path) -> None:
    assert by_systemd(written(tmp_path, line)) == {"A": value}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("line", "value"), [case for case in READ if not runs_a_word(case[0])])
def test_a_shell_gives_it_the_same_value(line: str, value: str, shell: str, tmp_path: Path) -> None:
    assert by_shell(shell, written(tmp_path, line), "A") == value


@pytest.mark.parametrize(("line", "why"), REFUSED)
def test_a_line_that_others_read_otherwise_is_refused_by_its_number(line: str, why: str) -> None:
    with pytest.raises(LineRefused, match=f"line 3 .*{re.escape(why)}"):
        read(f"# one\nTWO=2\n{line}\nFOUR=4")


@pytest.mark.parametrize(("line", "why"), REFUSED)
def test_what_is_refused_is_never_told(line: str, why: str) -> None:
    with pytest.raises(LineRefused) as caught:
        read(line.replace("b", "hunter2"))
    assert "hunter2" not in str(caught.value)


def test_comments_and_empty_lines_say_nothing() -> None:
    assert read("# A=1\n\n  ; B=2 \\\\\n \t \n#\\ \nC=3\n") == {"C": "3"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_ends_as_systemds_do(end: str, tmp_path: Path) -> None:
    text = f"A=1{end}# two{end}{end}B=2\u2028\x85{end}"
    assert read(text) == {"A": "1", "B": "2\u2028\x85"} == by_systemd(written(tmp_path, text))


def test_each_assignment_tells_its_line() -> None:
    assert [(each.number, each.name) for each in assignments("\nA=1\r\n\r\nB=2")] == [(2, "A"), (4, "B")]


# Against systemd and shells themselves, whatever the text


HOSTILE = st.sampled_from("ab=~#;'\"\\$`&|<>(): \té\xa0")
KNOWN = st.sampled_from(["\\'", '\\"', "\\$", "\\ ", "\\\\", "\\b", "'a b'", '"a b"', '"\\""', "a", "b", " "])
VALUES = st.lists(KNOWN | HOSTILE, max_size=6).map("".join)
LINES = st.builds("{}{}".format, st.sampled_from(["A=", "B=", " A= ", "#", "; ", "A", ""]), VALUES)
UNDER_HYPOTHESIS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@UNDER_HYPOTHESIS
@given(lines=st.lists(LINES, max_size=4), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_systemd_reads_the_same_from_whatever_is_taken(tmp_path: Path, lines: list[str], end: str) -> None:
    text = end.join(lines)
    taken = taken_from(text)
    assert taken is None or by_systemd(written(tmp_path, text)) == taken


@UNDER_HYPOTHESIS
@pytest.mark.parametrize("shell", SHELLS)
@given(value=VALUES)
def test_a_shell_reads_the_same_from_whatever_is_taken(tmp_path: Path, shell: str, value: str) -> None:
    """But for words without quotes, the second of which it would run, and say so."""
    text = f"A={value}"
    taken = None if runs_a_word(text) else taken_from(text)
    assert taken is None or taken == {"A": by_shell(shell, written(tmp_path, text), "A")}


@UNDER_HYPOTHESIS
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40))
@pytest.mark.parametrize(
    "quoted", [lambda text: f"'{text}'", lambda text: '"' + re.sub(r'(["\\$`])', r"\\\1", text) + '"']
)
def test_any_value_can_be_written(tmp_path: Path, quoted: Callable[[str], str], text: str) -> None:
    """As the refusals say: in single quotes, or in double ones with backslashes."""
    text = text.replace("'", "")
    assert read(f"A={quoted(text)}") == {"A": text}


def taken_from(text: str) -> dict[str, str] | None:
    try:
        found = [*assignments(text)]
    except LineRefused:
        return None
    values = {each.name: each.value for each in found}
    # A name that stands twice is refused as well, but not by the lines.
    return values if len(values) == len(found) else None


def written(folder: Path, text: str) -> Path:
    path = folder / "env"
    path.write_bytes(text.encode())
    return path
