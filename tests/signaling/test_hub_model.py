"""The hub against a model of who was promised what, over whatever may happen in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from meshvoice.signaling.effects import Effect
from tests.signaling.room import GRACE, SEA, TABLE, Tab, World

CAPACITY = 3
NAMES = ("Ana", "Bo", "Cleo", "Dan", "Eve")
SECONDS = st.sampled_from([0.5, 10.0, GRACE, 3 * GRACE])


@dataclass
class Page:
    """What a correct client makes of the frames that reach it."""

    tab: Tab
    promised: list[int] = field(default_factory=list)
    """Tags of what was sent to this peer since its last welcome that was no resume."""
    got: list[int] = field(default_factory=list)
    """Tags of what the page took since that welcome reached it."""
    welcomed: bool = False
    """Whether the page took the last welcome that was no resume."""
    has_ticket: bool = False
    connected: bool = True

    @property
    def alive(self) -> bool:
        return self.tab.closed is None


class HubMachine(RuleBasedStateMachine):
    """Two rooms and five people with as many tabs as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(capacity=CAPACITY)
        self.pages: list[Page] = []
        self.tags = count(1)

    def page(self, at: int, *, connected: bool | None = None) -> Page | None:
        found = [p for p in self.pages if p.alive and (connected is None or p.connected is connected)]
        return found[at % len(found)] if found else None

    def seated(self, room: str) -> list[Page]:
        return [page for page in self.pages if page.tab.room == room and page.tab.place is not None]

    def take(self, page: Page, frames: int) -> None:
        """Let the page take the first frames on its wire, as `place` in signaling/replay.js does."""
        tab = page.tab
        taken, tab.wire = tab.wire[:frames], tab.wire[frames:]
        for frame in taken:
            if frame["type"] == "welcome" and not frame["resumed"]:
                page.got, page.welcomed, page.has_ticket = [], True, True
            else:
                assert frame["seq"] == tab.seen + 1, "a gap, or a frame twice"
                if frame["type"] == "welcome":
                    assert page.welcomed, "resumed what the page never had"
            tab.seen = frame["seq"]
            if frame["type"] == "ice":
                page.got.append(int(frame["candidates"][0]["candidate"]))
            if frame["type"] == "links":
                page.got.append(frame["links"][tab.peer]["rtt"])
            if frame["type"] != "error":
                self.check_origin(page, frame)

    def check_origin(self, page: Page, frame: dict[str, object]) -> None:
        source = frame.get("source")
        rooms = {each.tab.room for each in self.pages if source in {each.tab.peer, *each.tab.former}}
        assert source is None or rooms == {page.tab.room}, "heard from another room"

    def entered(self, page: Page) -> None:
        """Note what a welcome on its way promises."""
        page.connected = page.alive
        if page.alive and not page.tab.wire[0]["resumed"]:
            page.promised, page.welcomed = [], False

    # People

    @initialize()
    def begin(self) -> None:
        """Begin with a call that is on, so that fewer steps are spent on nobody."""
        for name, room in (("Ana", SEA), ("Bo", SEA), ("Cleo", SEA), ("Ana", TABLE)):
            self.join(name, room)
        for page in self.pages:
            self.take(page, len(page.tab.wire))

    @rule(name=st.sampled_from(NAMES), room=st.sampled_from([SEA, TABLE]))
    def join(self, name: str, room: str) -> None:
        users = {page.tab.user for page in self.seated(room)}
        tab = self.world.joins(name, TABLE if room == TABLE else SEA)
        page = Page(tab)
        self.pages.append(page)
        if tab.closed is not None:
            assert tab.closed == 4413
            assert len(users) >= CAPACITY
            assert tab.user not in users
        else:
            assert tab.wire[0]["seq"] == 1
            self.entered(page)

    @rule(at=st.integers(0, 20))
    def leave(self, at: int) -> None:
        page = self.page(at, connected=True)
        if page is not None:
            page.tab.says("bye")
            assert page.tab.closed == 1000

    # Networks

    @rule(at=st.integers(0, 20), frames=st.integers(0, 6))
    def take_some(self, at: int, frames: int) -> None:
        page = self.page(at, connected=True)
        if page is not None:
            self.take(page, frames)

    @rule(at=st.integers(0, 20), frames=st.integers(0, 3))
    def drop(self, at: int, frames: int) -> None:
        """Lose a socket with all but the first few frames on its way."""
        page = self.page(at, connected=True)
        if page is not None:
            self.take(page, frames)
            page.tab.drops()
            page.connected = False

    @rule(at=st.integers(0, 20), frames=st.integers(0, 3), times=st.sampled_from([1, 1, 2]))
    def come_back(self, at: int, frames: int, times: int) -> None:
        """Dial anew: after a drop, or while the old socket still hangs, once or again at once."""
        page = self.page(at)
        if page is not None:
            self.take(page, frames)
            for _ in range(times if page.has_ticket else 0):
                if page.alive:
                    page.tab.comes_back()
                    self.entered(page)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.world.waits(seconds)

    @rule()
    def restart(self) -> None:
        self.world.restarts()
        for page in self.pages:
            page.connected = False

    # Messages

    @rule(at=st.integers(0, 20), to=st.integers(0, 20), times=st.sampled_from([1, 1, 2, 60]))
    def send(self, at: int, to: int, times: int) -> None:
        page = self.page(at, connected=True)
        if page is None:
            return
        target = self.pages[to % len(self.pages)]
        for _ in range(times):
            tag = next(self.tags)
            self.only_touches(
                page,
                page.tab.says("ice", target=target.tab.peer, gen=1, candidates=[{"candidate": str(tag)}]),
            )
            if target is not page and target in self.seated(page.tab.room):
                target.promised.append(tag)
            self.world.now += 0.02

    @rule(at=st.integers(0, 20))
    def report_links(self, at: int) -> None:
        page = self.page(at, connected=True)
        if page is None:
            return
        tag = next(self.tags)
        others = [each for each in self.seated(page.tab.room) if each is not page]
        links = {each.tab.peer: {"state": "up", "rtt": tag % 60_000} for each in self.pages}
        self.only_touches(page, page.tab.says("links", links=dict(list(links.items())[-32:])))
        for each in others:
            if each in self.pages[-32:]:
                each.promised.append(tag % 60_000)

    @rule(at=st.integers(0, 20), frame=st.binary(max_size=30))
    def send_rubbish(self, at: int, frame: bytes) -> None:
        page = self.page(at, connected=True)
        if page is not None:
            told = [getattr(effect, "socket", None) for effect in page.tab.sends(b"?" + frame)]
            assert page.tab.closed == 4400 or told == [page.tab.socket]

    def only_touches(self, page: Page, effects: list[Effect]) -> None:
        room = {each.tab.socket for each in self.pages if each.tab.room == page.tab.room}
        assert {getattr(effect, "socket", None) for effect in effects} <= room, "told to another room"

    # What always holds

    @invariant()
    def what_is_promised_arrives_once_and_in_order(self) -> None:
        for page in self.pages:
            if page.welcomed:
                assert page.got == page.promised[: len(page.got)]
            if page.connected and page.alive and page.welcomed and not page.tab.wire:
                assert page.got == page.promised

    @invariant()
    def a_room_holds_no_more_than_its_seats_and_a_user_one_of_them(self) -> None:
        for room in self.world.hub.registry:
            users = [peer.user for peer in room.peers.values()]
            # After a restart those in the call all come back, however quick a newcomer was.
            most = CAPACITY if self.world.hub.terms.boot == "boot-1" else 2 * CAPACITY
            assert len(set(users)) == len(users) <= most

    @invariant()
    def a_page_that_is_connected_has_its_seat_and_no_other_socket_is_held(self) -> None:
        connected = [page for page in self.pages if page.connected and page.alive]
        assert all(page.tab.place is not None for page in connected)
        assert self.world.hub.registry.connected == len(connected)

    def teardown(self) -> None:
        for page in self.pages:
            if page.connected and page.alive:
                self.take(page, len(page.tab.wire))
        self.what_is_promised_arrives_once_and_in_order()
        for page in self.pages:
            if page.connected and page.alive:
                page.tab.says("bye")
        self.world.waits(GRACE)
        assert (len(self.world.hub.registry), self.world.hub.registry.connected) == (0, 0)


TestHub = HubMachine.TestCase
TestHub.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
