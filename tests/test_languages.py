"""A language is one file; what it lacks is English."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meshvoice import assets
from meshvoice.access.errors import AccessError, TicketError
from meshvoice.access.gates import Refusal
from meshvoice.languages import FOR_SCRIPTS, Language, gather, read, script
from meshvoice.names import NameRefused, clean_name

ENGLISH = """// A comment with { braces }.
export default {
  "language": { "tag": "en", "name": "English", "locale": "en-GB" },
  "voice": {
    "hello": "Hello, {name}.",
    "guests": { "one": "One guest", "other": "{count} guests" },
    "bye": "Bye."
  }
};
"""
POLISH = """export default {
  "language": { "tag": "pl", "name": "Polski" },
  "voice": {
    "hello": "Cześć, {name}.",
    "guests": { "one": "Gość", "few": "{count} goście", "other": "Goście" }
  }
};
"""


@pytest.fixture
def languages() -> dict[str, Language]:
    return gather({"pl": POLISH, "en": ENGLISH})


def say(language: Language, key: str, **values: object) -> str:
    return language.say("voice", key, values)


def test_english_comes_first_and_the_others_by_their_names(languages: dict[str, Language]) -> None:
    german = POLISH.replace('"pl"', '"de"').replace("Polski", "Deutsch")
    assert list(languages) == ["en", "pl"]
    assert list(gather({"pl": POLISH, "de": german, "en": ENGLISH})) == ["en", "de", "pl"]


def test_what_a_language_lacks_is_english(languages: dict[str, Language]) -> None:
    assert say(languages["pl"], "hello", name="Ana") == "Cześć, Ana."
    assert say(languages["pl"], "bye") == "Bye."
    bare = POLISH.partition(',\n  "voice"')[0] + "\n};"
    assert say(gather({"en": ENGLISH, "la": bare})["la"], "bye") == "Bye."


def test_a_number_takes_the_form_that_its_language_has_for_it(languages: dict[str, Language]) -> None:
    assert [say(languages["en"], "guests", count=number) for number in (1, 2)] == ["One guest", "2 guests"]
    assert say(languages["pl"], "guests", count=3) == "3 goście"
    # No form of its own, or no number: the one that there always is.
    assert say(languages["pl"], "guests", count=7) == "Goście"
    assert say(languages["pl"], "guests", count="?") == "Goście"


def test_a_value_is_put_in_as_it_is_and_read_no_further(languages: dict[str, Language]) -> None:
    assert say(languages["en"], "hello", name="{name} {other}") == "Hello, {name} {other}."


@pytest.mark.parametrize("name", ["שרה", "محمد (2)", "\ufb2a", "\ufe8d", "\U00010900", "\U0001e900"])
def test_a_value_that_is_read_from_right_to_left_takes_no_others_place(name: str) -> None:
    assert say(gather({"en": ENGLISH})["en"], "hello", name=name) == f"Hello, \u2068{name}\u2069."


def test_a_value_is_written_as_is_wanted(languages: dict[str, Language]) -> None:
    said = languages["en"].say("voice", "hello", {"name": "Ana"}, write=lambda value: str(value).upper())
    assert said == "Hello, ANA."


def test_what_is_in_no_file_is_an_error(languages: dict[str, Language]) -> None:
    with pytest.raises(KeyError):
        say(languages["en"], "nothing")
    with pytest.raises(KeyError):
        say(languages["en"], "hello")


def test_the_module_of_a_part_holds_its_words_and_names_all_languages(languages: dict[str, Language]) -> None:
    said = read(script(languages, "pl", "voice"))
    assert said["language"] == {"tag": "pl", "locale": "pl"}
    assert said["languages"] == [{"tag": "en", "name": "English"}, {"tag": "pl", "name": "Polski"}]
    assert said["words"]["bye"] == "Bye."


# The files that there are


LANG = assets.find("static") / "lang"
OURS = gather({file.stem: file.read_text(encoding="utf-8") for file in LANG.glob("*.js")})


def test_each_file_is_named_by_its_language_and_has_the_parts_that_scripts_ask_for() -> None:
    for file in LANG.glob("*.js"):
        said = read(file.read_text(encoding="utf-8"))
        assert said["language"]["tag"] == file.stem
        assert set(said) == {"language", "server", *FOR_SCRIPTS}
    for part in FOR_SCRIPTS:
        assert (LANG.parent / "words" / f"{part}.js").is_file()


def test_a_file_is_json_that_names_nothing_twice() -> None:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    for file in LANG.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        json.loads(text[text.index("{\n") : text.rindex("}") + 1], object_pairs_hook=unique)


def test_no_sentence_of_a_template_holds_what_html_would_read() -> None:
    """They are written into pages as they stand, between tags and in attributes."""
    for language in OURS.values():
        for key, words in language.parts["server"].items():
            for sentence in [words] if isinstance(words, str) else words.values():
                assert not set(sentence) & set('<>&"'), (language.tag, key)


def errors(base: type[AccessError]) -> list[type[AccessError]]:
    return [each for child in base.__subclasses__() for each in (child, *errors(child))]


def test_what_the_core_refuses_is_said_in_the_same_english_words() -> None:
    """Logs and the command line have the core's own sentence, people the file's."""
    english = OURS["en"]
    for error in errors(AccessError):
        if hasattr(error, "sentence") and not issubclass(error, TicketError):
            assert english.say("server", f"access.{error.code}") == error.sentence
    for refusal in Refusal:
        assert english.say("server", f"gate.{refusal.code}") == refusal.sentence


@pytest.mark.parametrize("name", ["", "x" * 41, "A\u202ena", "\u0301", "x\u0301\u0301\u0301"])
def test_a_name_is_refused_in_the_same_english_words(name: str) -> None:
    with pytest.raises(NameRefused) as refused:
        clean_name(name)
    problem = refused.value
    assert OURS["en"].say("server", f"name.{problem.reason}", problem.values) == str(problem)


def test_the_wheel_takes_the_files_along() -> None:
    listed = (Path(__file__).parents[1] / "setup.cfg").read_text(encoding="utf-8")
    assert "lang/*.js, words/*.js" in listed
