"""Owns which states of which page are pictured, in which looks, and the line that each has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MOST_BYTES = 60_000
"""A picture's: there are many, and each one that changes stays in the history for good."""


@dataclass(frozen=True, slots=True)
class State:
    """A state of a page."""

    line: str
    """What is to be seen."""
    looks: tuple[str, ...] = ("light",)


SECTIONS: Mapping[str, Mapping[str, State]] = MappingProxyType(
    {
        "Before a call": {
            "entrance": State("The entrance: a name is enough.", ("light", "dark", "phone")),
            "invited": State("Whoever opens an invitation.", ("light", "phone")),
            "used": State("An invitation that was used.", ("light",)),
            "home": State("The start page of somebody new.", ("light", "phone", "large")),
            "home-open": State("The start page: one's own sea is open.", ("light", "dark", "phone")),
            "table": State("A table of six seats.", ("light", "phone")),
            "before": State("The room before one joins: who may come in.", ("light", "phone")),
            "error": State("A page that isn't there.", ("light", "phone")),
        },
        "In a call": {
            "alone": State(
                "Alone: the empty seat invites.", ("light", "dark", "phone", "phone-dark", "large", "forced")
            ),
            "invitation": State("A new link: shown this once.", ("light", "phone", "large")),
            "two": State("Two people.", ("light", "phone")),
            "six": State(
                "Six people: who speaks has a ring, one is muted.",
                ("light", "dark", "phone", "phone-dark", "large", "forced"),
            ),
            "details": State(
                "Somebody's details: how loud they are for oneself, and the path to them.",
                ("light", "phone", "large"),
            ),
            "muted": State("Muted.", ("light", "phone", "forced")),
            "vain": State("Muted, but speaking.", ("light", "dark", "phone", "large")),
            "deafened": State("Deafened: one hears nobody, and nobody hears one.", ("light",)),
            "push": State("Push-to-talk on a phone: nothing goes out.", ("phone", "large")),
            "pushed": State("Push-to-talk while it is held.", ("phone", "forced")),
            "unread": State("A note came, and nobody has read it yet.", ("light", "phone", "forced")),
            "notes": State("Notes, open.", ("light", "dark", "phone")),
            "listening": State("Listening only: there is no microphone.", ("light", "dark", "phone")),
            "unmute": State("Listening only by choice, and somebody pressed “Mute”.", ("light", "phone")),
        },
        "When something is wrong": {
            "weak": State("A weak path, in words and in figures.", ("light", "phone")),
            "relay": State("Somebody through the relay.", ("light", "phone")),
            "between": State("How it is between two others.", ("light",)),
            "unheard": State("Somebody can't be heard, and what is being done.", ("light", "dark", "phone")),
            "away": State("The server is away: the call goes on.", ("light", "dark", "phone")),
            "alarm": State("Somebody is in between, and the page has found it.", ("light", "dark", "phone")),
            "alarm-code": State("The safety code then.", ("light", "phone")),
            "no-webrtc": State("A browser that makes no calls.", ("light", "dark", "phone")),
            "blocked": State("The browser holds the sound back.", ("light", "phone")),
            "removed": State("Somebody was removed.", ("light", "phone")),
            "closed": State("The room was closed.", ("light",)),
        },
        "Settings and checks": {
            "settings": State(
                "The settings: when one is heard.", ("light", "dark", "phone", "large", "forced")
            ),
            "devices": State("The settings: microphone and speaker.", ("light", "phone")),
            "sounds": State("The settings: sounds.", ("light", "phone")),
            "safety": State("The safety code, to be compared by voice.", ("light", "dark", "phone")),
            "shortcuts": State("Shortcuts, under “?”.", ("light",)),
            "check": State("The check of one's connection: all is well.", ("light", "phone")),
            "check-broken": State("The check, where a relay is broken.", ("light", "dark", "phone")),
        },
        "In German": {
            "german-home": State("The start page.", ("light", "phone")),
            "german-room": State("A call.", ("light", "phone", "large")),
            "german-settings": State("The settings.", ("light", "phone")),
        },
    }
)
STATES: Mapping[str, State] = {name: state for states in SECTIONS.values() for name, state in states.items()}
