import assert from "node:assert/strict";
import { test } from "node:test";

import { guessesOf, shownOf, tokenIn, tokenOf } from "../../static/invitation.js";

const open = (change) => ({
  state: "open", kind: "sea", by: "Ana", title: "Ana's sea", expires_at: 1, already_in: false, url: null, ...change,
});

const OLD = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV_";
const NEW = "mzxw6ytboi5g233cmrswg43fojzxi2lq";

test("the token is all that follows the hash", () => {
  for (const token of [OLD, NEW, "Zk3rT9sQw1xL0bVn7mYd_-"]) assert.equal(tokenOf(`#${token}`), token);
});

test("what a sentence, a messenger or a tracker adds to a link is no part of the token", () => {
  const added = [
    ...".,;:!?)]}>»\"'…*~|/`”’。、）」", ")).", "/)", " ", "%20", "%29.", "%3E", "%E2%80%8B", "%E2%80%A6", "%0A", "\u200b", "\u200e", "\ufeff",
    "?fbclid=IwAR0abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV", "&utm_source=a-very-long-newsletter-name", "&amp;gclid=1",
    ":~:text=Ana%20invites", "?utm_source=x#top", "%3Futm_source=x", " see you there", "%20see%20you", "&more=1", "%", "%E2%80",
  ];
  for (const token of [OLD, NEW]) {
    for (const junk of added) assert.equal(tokenOf(`#${token}${junk}`), token, junk);
  }
  for (const junk of ["_", "__", "-", "--"]) assert.equal(tokenOf(`#${NEW}${junk}`), NEW, junk);
  for (const word of ["_see_you_", "-until_then", "Thanks", "Thanksverymuchforyourinvitation"]) {
    assert.equal(tokenOf(`#${NEW}${word}`), NEW, word);
  }
  for (const before of ["#<", "#/", "##", "#%20", "# ", "#token=", "#%3C", "#\u200b", "#("]) {
    assert.equal(tokenOf(`${before}${NEW}`), NEW, before);
  }
});

test("a site's path is no part of the token, however like one it looks", () => {
  const base = "/static/voice_which_is_as_long_as_a_tkn";
  for (const end of [`%23${NEW}`, `/%23${NEW}`, `/${NEW}.`]) {
    assert.equal(tokenIn({ hash: "", pathname: `${base}/invitation${end}`, search: "" }, base), NEW, end);
  }
  assert.equal(tokenIn({ hash: "", pathname: `${base}/invitation/`, search: "" }, base), null);
});

test("an encoded token is decoded, once or twice", () => {
  for (const last of ["%5F", "%5f", "%255F"]) assert.equal(tokenOf(`#${OLD.slice(0, -1)}${last}`), OLD, last);
  assert.equal(tokenOf("#Zm9vYmFyYmF6cXV4%2DZm9vYmFyYmF6cXV"), "Zm9vYmFyYmF6cXV4-Zm9vYmFyYmF6cXV");
});

test("a link that was broken over two lines is put together", () => {
  const [first, second] = [NEW.slice(0, 20), NEW.slice(20)];
  for (const gap of ["\n", "\r\n", " ", "%0A", "%0D%0A", "=%0D%0A", "%20%20", "\u200b"]) {
    assert.equal(tokenOf(`#${first}${gap}${second}`), NEW, gap);
    assert.equal(tokenOf(`#${first}${gap}${second} and so on`), NEW, gap);
  }
});

test("a cut, empty or foreign fragment is no token", () => {
  for (const hash of ["", "#", "#short", "#<script>alert(1)</script>", "#Zm9vYmFyYmF…", "#:~:text=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"]) {
    assert.equal(tokenOf(hash), null, hash);
  }
});

test("the fragment may have come as a part of the path or the query", () => {
  const at = (hash, pathname = "/invitation/", search = "") => tokenIn({ hash, pathname, search });
  assert.equal(at(`#${NEW}`), NEW);
  assert.equal(at(`#${NEW}`, "/invitation/", "?x=1"), NEW);
  assert.equal(at(`#${NEW}`, "/invitation/", `?fbclid=${OLD}`), NEW);
  assert.equal(at("", `/invitation/%23${NEW}`), NEW);
  assert.equal(at("", `/invitation/%2523${NEW}`), NEW);
  assert.equal(at("", `/invitation/%23${NEW}/`, "?fbclid=1"), NEW);
  assert.equal(at("", `/invitation/${NEW}`), NEW);
  assert.equal(at("", "/invitation/", `?x=1%23${NEW}`), NEW);
  assert.equal(at("#", "/invitation/", `?fbclid=${NEW}`), null);
  assert.equal(at(""), null);
});

test("an old token may have lost its last character, and no other", () => {
  assert.deepEqual(guessesOf(OLD.slice(0, -1)), [OLD.slice(0, -1), `${OLD.slice(0, -1)}-`, OLD]);
  assert.equal(tokenOf(`#${OLD.slice(0, -1)}.`), OLD.slice(0, -1));
  for (const token of [OLD, NEW, OLD.slice(0, -2)]) assert.deepEqual(guessesOf(token), [token]);
});

test("an open invitation says who invites to what, until when, and lets the person in", () => {
  assert.deepEqual(shownOf(open({}), "today at 18:00"), {
    title: "Ana invites you", words: "To Ana's sea, to talk in the browser. The link works until today at 18:00.", next: "accept",
  });
});

test("a table is called a table", () => {
  assert.match(shownOf(open({ kind: "table", title: "Friday game" }), "").words, /^To the table “Friday game”,/);
});

test("who is in already is led to the room and uses no link up", () => {
  const { next, url } = shownOf(open({ already_in: true, url: "/sea/1/" }), "");
  assert.deepEqual([next, url], ["go", "/sea/1/"]);
});

test("a dead invitation says why in the server's words, under a title of its own", () => {
  const states = ["used", "revoked", "expired", "unknown", "closed", "removed"];
  const shown = states.map((state) => shownOf({ state: /** @type {any} */ (state), message: `because ${state}` }, ""));
  assert.deepEqual(shown.map(({ words, next }) => [words, next]), states.map((state) => [`because ${state}`, "go"]));
  assert.equal(new Set(shown.map(({ title }) => title)).size, states.length);
});

test("a full table can be looked at again", () => {
  assert.equal(shownOf({ state: "full", message: "Every seat is taken." }, "").next, "again");
});

test("one's own invitation is not accepted by oneself", () => {
  const { next, url } = shownOf({ state: "yours", url: "/sea/1/" }, "");
  assert.deepEqual([next, url], ["go", "/sea/1/"]);
});
