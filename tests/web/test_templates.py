"""The templates' own means: sentences, paths and icons, written out once for each language."""

from __future__ import annotations

import pytest
from jinja2 import Environment

from meshvoice.web.keys import LANGUAGES
from meshvoice.web.templates import ENVIRONMENTS, read_all
from tests.web.conftest import MakeHouse
from tests.web.house import House
from tests.web.person import Person


def environment(house: House, tag: str = "en") -> Environment:
    return house.app[house.app[ENVIRONMENTS][tag]]


@pytest.mark.parametrize("tag", ["en", "de"])
async def test_every_sentence_stands_in_a_page_as_it_is_said(house: House, tag: str) -> None:
    """With its quotes, dashes and letters beyond ASCII, also where another call takes it."""
    server = house.app[LANGUAGES][tag].parts["server"]
    words = {key: said for key, said in server.items() if isinstance(said, str) and "{" not in said}
    assert len(words) > 100
    source = "".join(
        f'<p title="{{{{ phrase("{key}") }}}}">{{{{ [phrase(\'{key}\')]|first }}}}</p>' for key in words
    )
    expected = "".join(f'<p title="{said}">{said}</p>' for said in words.values())
    assert environment(house, tag).from_string(source).render() == expected


async def test_a_path_stands_in_a_page_as_browsers_must_ask_for_it(make_house: MakeHouse) -> None:
    house = await make_house(origins=("https://example.org/voice",))
    source = "{{ to('/my-sea/') }} {{ to('/table/' ~ '<x>') }} {{ to(path) }}"
    text = environment(house).from_string(source).render(path="/?a&b")
    assert text == "/voice/my-sea/ /voice/table/&lt;x&gt; /voice/?a&amp;b"


async def test_an_icon_that_nobody_drew_is_found_when_the_template_is_read(house: House) -> None:
    assert environment(house).from_string('{{ icon("wave") }}').render().startswith('<svg class="icon"')
    with pytest.raises(KeyError):
        environment(house).from_string('{% if false %}{{ icon("nothing") }}{% endif %}')


async def test_whoever_comes_first_waits_for_no_template(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_all(house.app)
    monkeypatch.setattr(Environment, "compile", None)
    ana = await Person(house).sign_in("Ana")
    for path in (
        "/",
        "/my-sea/",
        f"/table/{await ana.make_table()}/",
        "/check/",
        "/invitation/",
        "/host-link/",
    ):
        for language in ("en", "de"):
            assert (await ana.get(path, **{"Accept-Language": language})).status == 200
