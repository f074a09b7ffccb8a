// @ts-check
// Which microphone and speaker are used, whatever is plugged in, pulled out, or changed meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VoiceRoom } from "../../static/voice-mesh.js";
import { ANY_MICROPHONE, constraintsOf, verdict } from "../../static/voice/audio/constraints.js";
import { Devices } from "../../static/voice/audio/devices.js";
import { Microphone } from "../../static/voice/audio/microphone.js";
import { Speaker } from "../../static/voice/audio/speaker.js";
import { mediaKeys } from "../../static/voice/panel/media-keys.js";
import { Store } from "../../static/voice/store.js";
import { FakePlatform, present, settle, welcome } from "./fake-platform.js";

/** @param {string} kind @param {string} deviceId @param {string} [label] @param {string} [groupId] */
const device = (kind, deviceId, label = deviceId, groupId = deviceId) => ({ kind, deviceId, label, groupId });
const HEADSET = { id: "headset", label: "Headset" };

/** A microphone that is chosen, among others. @param {Partial<import("../../static/voice/audio/constraints.js").MicrophoneChoice>} [change] */
function chosen(change = { device: HEADSET }) {
  const platform = new FakePlatform();
  const { devices } = platform;
  const choice = { ...ANY_MICROPHONE, ...change };
  devices.list = /** @type {any} */ ([device("audioinput", "default", "Default", "built-in"), device("audioinput", "headset", "Headset", "h1")]);
  const getUserMedia = devices.getUserMedia.bind(devices);
  // A browser gives the device that was asked for, or none.
  devices.getUserMedia = async (constraints) => {
    const id = constraints.audio?.deviceId?.exact;
    const found = devices.list.find(({ deviceId }) => deviceId === (id ?? "default"));
    if (id && !found) devices.answers.unshift({ name: "OverconstrainedError" });
    const got = await getUserMedia(constraints);
    Object.assign(got.getAudioTracks()[0].settings, found);
    return got;
  };
  const microphone = new Microphone(platform, () => choice);
  /** @type {string[]} */
  const said = [];
  microphone.on("status", ({ code }) => said.push(code));
  const change_ = async (/** @type {any[]} */ list) => {
    devices.list = list;
    devices.dispatchEvent(new Event("devicechange"));
    await platform.advance(600);
  };
  const used = () => microphone.track?.getSettings().deviceId;
  return { platform, devices, choice, microphone, said, change: change_, used };
}

test("the chosen device is a must, its processing a wish; music is none of it", () => {
  assert.deepEqual(constraintsOf(ANY_MICROPHONE, "headset").deviceId, { exact: "headset" });
  const quiet = constraintsOf({ ...ANY_MICROPHONE, noiseSuppression: false });
  assert.deepEqual([quiet.echoCancellation, quiet.noiseSuppression, quiet.deviceId], [{ ideal: true }, { ideal: false }, undefined]);
  const music = constraintsOf({ ...ANY_MICROPHONE, music: true });
  assert.deepEqual([music.echoCancellation, music.noiseSuppression, music.autoGainControl, music.channelCount],
    [{ ideal: false }, { ideal: false }, { ideal: false }, { ideal: 1 }]);
});

test("the chosen microphone is used, and hinted at as music where it is", async () => {
  const { microphone, devices, said, used } = chosen({ device: HEADSET, music: true });
  await microphone.open();
  assert.deepEqual([used(), said, devices.tracks[0].contentHint], ["headset", ["ok"], "music"]);
});

test("one that is known by another id now is found by its name", async () => {
  const { microphone, devices, used, said } = chosen();
  devices.list = /** @type {any} */ ([device("audioinput", "default"), device("audioinput", "other-id", "Headset")]);
  await microphone.open();
  assert.deepEqual([used(), said], ["other-id", ["ok"]]);
});

test("the chosen one gone is the default with its processing, said so, and used again when it is back", async () => {
  const { microphone, devices, change, used, said } = chosen();
  const all = devices.list;
  await microphone.open();
  await change(/** @type {any} */ ([all[0]]));
  assert.deepEqual([used(), said, devices.asked[devices.asked.length - 1].audio.echoCancellation], ["default", ["ok", "device-gone"], { ideal: true }]);
  await change(all);
  assert.deepEqual([used(), said], ["headset", ["ok", "device-gone", "returned"]]);
});

test("changing the microphone sends the old one until the new one is there", async () => {
  const { microphone, devices, choice, used } = chosen({});
  await microphone.open();
  /** @type {[any, string][]} */
  const told = [];
  microphone.on("track", (track) => told.push([track, devices.tracks[0].readyState]));
  choice.device = HEADSET;
  await microphone.change();
  assert.deepEqual(told, [[devices.tracks[1], "live"]]);
  assert.deepEqual([used(), devices.tracks.map(({ readyState }) => readyState)], ["headset", ["ended", "live"]]);
});

test("a system that gives one microphone at a time gives the new one once the old one is let go", async () => {
  const { microphone, devices, choice, used, said } = chosen({});
  await microphone.open();
  choice.device = HEADSET;
  devices.answers.push({ name: "NotReadableError" });
  await microphone.change();
  assert.deepEqual([used(), said, devices.tracks[0].readyState], ["headset", ["ok", "ok"], "ended"]);
});

test("another microphone that is refused leaves the one that works, and what comes of that is heard of", async () => {
  const { microphone, devices, platform, choice, said } = chosen({});
  await microphone.open();
  choice.device = HEADSET;
  devices.answers.push({ name: "NotAllowedError" });
  await microphone.change();
  assert.deepEqual([said, microphone.trouble, devices.asked.length, devices.tracks[0].readyState], [["ok", "kept"], "", 2, "live"]);
  await platform.advance(5000);
  devices.tracks[0].onended();
  await settle();
  assert.deepEqual(said, ["ok", "kept", "switched"]);
});

test("one that can't be read even by itself gives way to the default, said so", async () => {
  const { microphone, devices, choice, said } = chosen({});
  await microphone.open();
  choice.device = HEADSET;
  devices.answers.push({ name: "NotReadableError" }, { name: "NotReadableError" });
  await microphone.change();
  assert.deepEqual([said, microphone.trouble, devices.tracks[1].readyState], [["ok", "device-gone"], "", "live"]);
});

/** getUserMedia takes so many ms from now on, as with a headset. @param {FakePlatform} platform @param {number} ms */
function slow(platform, ms) {
  const { devices } = platform;
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    await new Promise((resolve) => platform.setTimeout(() => resolve(null), ms));
    return getUserMedia(constraints);
  };
}

test("of two changes 50 ms apart the second one holds, while the first is still being made", async () => {
  const { microphone, platform, devices, choice, used } = chosen({});
  await microphone.open();
  slow(platform, 300);
  choice.device = HEADSET;
  microphone.change();
  await platform.advance(50);
  choice.noiseSuppression = false;
  microphone.change();
  await platform.advance(1000);
  assert.deepEqual([used(), devices.asked.at(-1).audio.noiseSuppression], ["headset", { ideal: false }]);
  assert.deepEqual(devices.tracks.map(({ readyState }) => readyState), ["ended", "ended", "live"]);
});

test("what is chosen while the join's microphone is being got comes right after it, and a choice taken back costs nothing", async () => {
  const { microphone, platform, devices, choice, used } = chosen({});
  slow(platform, 300);
  const opened = microphone.open();
  await platform.advance(50);
  choice.device = HEADSET;
  microphone.change();
  await platform.advance(1000);
  await opened;
  assert.equal(used(), "headset");
  choice.music = true;
  microphone.change();
  await platform.advance(50);
  choice.device = null;
  microphone.change();
  choice.device = HEADSET;
  microphone.change();
  await platform.advance(1000);
  assert.deepEqual([used(), devices.asked.length], ["headset", 3]);
});

test("leaving during the first of two changes makes no second", async () => {
  const { microphone, platform, devices, choice } = chosen({});
  await microphone.open();
  slow(platform, 300);
  choice.device = HEADSET;
  microphone.change();
  choice.music = true;
  microphone.change();
  microphone.close();
  await platform.advance(1000);
  assert.deepEqual([devices.asked.length, devices.tracks.map(({ readyState }) => readyState)], [2, ["ended", "ended"]]);
});

test("the chosen headset, plugged in while the microphone in its place is being got, is taken right after it", async () => {
  const { microphone, platform, devices, change, used, said } = chosen();
  const all = devices.list;
  devices.list = [all[0]];
  slow(platform, 1000);
  microphone.open();
  await platform.advance(1100);
  await change(all);
  await platform.advance(3000);
  assert.deepEqual([used(), said], ["headset", ["asking", "device-gone", "returned"]]);
});

test("leaving while another microphone is being got leaves none live", async () => {
  const { microphone, devices, choice } = chosen({});
  await microphone.open();
  choice.device = HEADSET;
  const changing = microphone.change();
  microphone.close();
  await changing;
  assert.deepEqual(devices.tracks.map(({ readyState }) => readyState), ["ended", "ended"]);
});

test("muted stays muted through a change of microphones", async () => {
  const { microphone, devices, choice } = chosen({});
  await microphone.open();
  microphone.muted = true;
  choice.device = HEADSET;
  await microphone.change();
  assert.equal(devices.tracks[1].enabled, false);
});

test("a headset that changes its profile vanishes, ends its track, and comes back in another shape: the call goes on", async () => {
  const { microphone, platform, devices, change, used, said } = chosen();
  const [builtIn] = devices.list;
  await microphone.open();
  await platform.advance(5000);
  // The track ends first, and for a moment there is no device at all.
  devices.answers.push({ name: "NotFoundError" });
  devices.list = [];
  devices.tracks[0].onended();
  await settle();
  assert.equal(said[said.length - 1], "not-found");
  await change([builtIn]);
  assert.equal(used(), "default");
  await change([builtIn, /** @type {any} */ (device("audioinput", "headset", "Headset", "h2"))]);
  assert.deepEqual([used(), said[said.length - 1], microphone.trouble], ["headset", "returned", ""]);
  // And the same id with another group: opened anew, for the old track is of the former shape.
  await change([builtIn, /** @type {any} */ (device("audioinput", "headset", "Headset", "h3"))]);
  assert.deepEqual([used(), microphone.track?.getSettings().groupId, said[said.length - 1]], ["headset", "h3", "ok"]);
});

test("a track that the system muted is got anew once the devices change, or it is unmuted", async () => {
  const { microphone, devices, change, said } = chosen({});
  await microphone.open();
  devices.tracks[0].onmute();
  await change(devices.list);
  assert.deepEqual([said, devices.tracks.length], [["ok", "interrupted", "ok"], 2]);
});

test("a list of devices that can't be had changes nothing, and the next one counts", async () => {
  const { devices, microphone, change, used, said } = chosen();
  await microphone.open();
  const { enumerateDevices } = devices;
  devices.enumerateDevices = async () => {
    throw new Error("not now");
  };
  await change([device("audioinput", "default", "Default", "built-in")]);
  assert.deepEqual([used(), devices.asked.length], ["headset", 1]);
  devices.enumerateDevices = enumerateDevices;
  await change([device("audioinput", "default", "Default", "built-in")]);
  assert.deepEqual([used(), said], ["default", ["ok", "device-gone"]]);
});

test("the verdict on a change of devices", () => {
  const list = [device("audioinput", "default", "Default", "g1"), device("audioinput", "headset", "Headset", "g2")];
  assert.equal(verdict(list, { deviceId: "default", groupId: "g1" }), "keep");
  assert.equal(verdict(list, { deviceId: "default", groupId: "g1" }, HEADSET), "returned");
  assert.equal(verdict(list, { deviceId: "headset", groupId: "g2" }, HEADSET), "keep");
  assert.equal(verdict(list, { deviceId: "headset", groupId: "g9" }, HEADSET), "reshaped");
  assert.equal(verdict(list, { deviceId: "default", groupId: "g9" }), "default-changed");
  assert.equal(verdict([list[0]], { deviceId: "headset" }, HEADSET), "gone");
});

test("choices are remembered, and nonsense in the storage is none", () => {
  const items = new Map();
  const open = () => ({ getItem: (/** @type {string} */ name) => items.get(name) ?? null, setItem: (/** @type {string} */ name, /** @type {string} */ value) => void items.set(name, value) });
  const devices = new Devices(new Store(open), new FakePlatform());
  devices.chooseMicrophone(HEADSET);
  devices.chooseSpeaker({ id: "s", label: "Desk" });
  devices.process({ noiseSuppression: false });
  const again = new Devices(new Store(open), new FakePlatform());
  assert.deepEqual([again.microphone, again.speaker],
    [{ ...ANY_MICROPHONE, device: HEADSET, noiseSuppression: false }, { id: "s", label: "Desk" }]);
  again.chooseMicrophone(null);
  assert.equal(again.microphone.device, null);
  for (const nonsense of ["{}", '{"id":7,"label":"x"}', "[]", '"x"', '{"echoCancellation":"no","music":1}']) {
    for (const name of ["microphone", "speaker", "processing", "listen-only"]) items.set(`meshvoice:${name}`, nonsense);
    const odd = new Devices(new Store(open), new FakePlatform());
    assert.deepEqual([odd.microphone, odd.speaker, odd.listenOnly], [ANY_MICROPHONE, null, false], nonsense);
  }
});

/** @param {import("../../static/voice/store.js").Store} store @param {(platform: FakePlatform) => void} [prepare] */
async function joined(store, prepare = () => {}) {
  const platform = new FakePlatform();
  prepare(platform);
  const room = new VoiceRoom("mysea-ua", { name: "Ana", store, platform });
  const joining = room.join();
  await settle();
  platform.socket.accept();
  platform.socket.say(welcome());
  platform.socket.say(present("b", "Bo", 10));
  platform.socket.say({ type: "pong", t: platform.socket.all("ping")[0].t });
  await joining;
  await settle();
  return { room, platform };
}

test("whoever chose to listen only joins without being asked for a microphone, and unmuting asks", async () => {
  const store = new Store();
  new Devices(store, new FakePlatform()).chooseListening(true);
  const { room, platform } = await joined(store);
  assert.deepEqual([platform.devices.asked.length, room.people[0].doing], [0, "listening only: by choice"]);
  room.mute();
  room.unmute();
  await settle();
  assert.deepEqual([platform.devices.asked.length, room.people[0].word], [1, "here"]);
});

test("whoever listens only and then asks for the microphone has chosen it, for the settings and for the next time", async () => {
  for (const ask of [(/** @type {VoiceRoom} */ room) => room.retryMicrophone(), (/** @type {VoiceRoom} */ room) => room.unmute()]) {
    const store = new Store();
    new Devices(store, new FakePlatform()).chooseListening(true);
    const { room, platform } = await joined(store);
    room.mute();
    ask(room);
    await settle();
    assert.deepEqual([platform.devices.asked.length, room.devices.listenOnly, store.get("listen-only", true)], [1, false, false]);
  }
});

test("whoever listens only goes on so when they deafen and hear again, and when a key that isn't the page's mutes and unmutes", async () => {
  for (const there of ["deafen", "media keys"]) {
    const store = new Store();
    new Devices(store, new FakePlatform()).chooseListening(true);
    const { room, platform } = await joined(store);
    if (there === "deafen") for (const _ of "dd") room.toggleDeafen();
    else {
      const over = new AbortController();
      /** @type {Record<string, (() => void)|null>} */
      const handlers = {};
      mediaKeys(room, over.signal, "", { playbackState: "", metadata: null, setActionHandler: (action, act) => void (handlers[action] = act) });
      for (const action of ["pause", "play", "togglemicrophone", "togglemicrophone"]) handlers[action]?.();
      over.abort();
    }
    await settle();
    assert.deepEqual([platform.devices.asked.length, room.devices.listenOnly, room.people[0].doing], [0, true, "listening only: by choice"], there);
  }
});

test("whoever listens only is shown as muted, and the button opens no microphone: it says how to", async () => {
  const store = new Store();
  new Devices(store, new FakePlatform()).chooseListening(true);
  const { room, platform } = await joined(store);
  /** @type {unknown[]} */
  const told = [];
  room.addEventListener("microphone", (event) => {
    const { ok, code, retry } = /** @type {CustomEvent} */ (event).detail;
    told.push([ok, code, retry]);
  });
  room.addEventListener("announce", (event) => told.push(/** @type {CustomEvent} */ (event).detail));
  assert.deepEqual([room.muted, room.silent], [false, true]);
  await platform.advance(4000);
  for (const muted of [false, true]) {
    room.talk.mute(muted);
    told.length = 0;
    room.toggleMute();
    await platform.advance(2000);
    assert.deepEqual([room.muted, room.silent, room.devices.listenOnly, platform.devices.asked.length], [muted, true, true, 0]);
    assert.deepEqual(told, [[false, "listen-only", true], "You listen only, so there is nothing to unmute. To be heard, choose “Use the microphone”."]);
  }
});

test("whoever has no microphone yet is shown as muted, and the button mutes the one that may come", async () => {
  const { room, platform } = await joined(new Store());
  platform.devices.answers.push({ name: "NotFoundError" });
  platform.devices.tracks[0].stop();
  platform.devices.tracks[0].onended();
  await settle();
  assert.deepEqual([room.muted, room.silent], [false, true]);
  room.toggleMute();
  assert.equal(room.muted, true);
});

test("choosing to listen only in a call lets the microphone go, and choosing one takes it again", async () => {
  const { room, platform } = await joined(new Store());
  room.devices.chooseListening(true);
  assert.deepEqual([platform.devices.tracks[0].readyState, room.people[0].word], ["ended", "unheard"]);
  room.devices.chooseMicrophone(null);
  await settle();
  assert.deepEqual([platform.devices.tracks[1].readyState, room.people[0].word], ["live", "here"]);
});

test("a microphone that was declined while the system held it stays closed when the page is looked at again", async () => {
  const { room, platform } = await joined(new Store());
  platform.devices.tracks[0].onmute();
  room.devices.chooseListening(true);
  platform.window.dispatchEvent(new Event("pageshow"));
  platform.document.dispatchEvent(new Event("visibilitychange"));
  await platform.advance(600);
  assert.deepEqual([platform.devices.asked.length, platform.devices.tracks.map(({ readyState }) => readyState), room.people[0].word], [1, ["ended"], "unheard"]);
});

test("music is sent at 96 kbit/s without pauses, and a voice as before", async () => {
  const { room, platform } = await joined(new Store());
  const { bitrate, opus } = platform.links.options;
  assert.deepEqual([bitrate(2), bitrate(8), opus()], [40_000, 24_000, {}]);
  room.devices.process({ music: true });
  await settle();
  assert.deepEqual([bitrate(8), opus(), platform.links.named("retune").length], [96_000, { maxaveragebitrate: 96_000, usedtx: 0 }, 1]);
});

test("whoever saves data sends 16 kbit/s from then on, by the same microphone", async () => {
  const { room, platform } = await joined(new Store());
  const { bitrate } = platform.links.options;
  const asked = platform.devices.tracks.length;
  room.devices.process({ saveData: true });
  await settle();
  assert.deepEqual([bitrate(2), platform.links.named("retune").length, platform.devices.tracks.length], [16_000, 1, asked]);
  room.devices.process({ saveData: false });
  assert.equal(bitrate(2), 40_000);
});

test("whoever told the browser to save data has told us, and may choose otherwise", () => {
  const platform = new FakePlatform();
  const devices = new Devices(new Store(), platform);
  assert.equal(devices.processing.saveData, false);
  platform.connection = Object.assign(new EventTarget(), { saveData: true });
  assert.equal(devices.processing.saveData, true);
  devices.process({ saveData: false });
  assert.equal(devices.processing.saveData, false);
});

/** @param {import("../../static/voice/audio/constraints.js").Device|null} [device] @param {(what: string, task: () => void) => void} [later] */
function speaker(device = { id: "desk", label: "Desk" }, later = undefined) {
  const platform = new FakePlatform();
  const devices = new Devices(new Store(), platform);
  devices.chooseSpeaker(device);
  const it = new Speaker(devices, platform, later);
  /** @type {string[]} */
  const heard = [];
  it.on("sink", (sink) => heard.push(sink));
  it.on("told", ({ code }) => heard.push(code));
  const list = async (/** @type {any[]} */ list) => {
    platform.devices.list = list;
    platform.devices.dispatchEvent(new Event("devicechange"));
    await platform.advance(600);
  };
  return { it, platform, heard, list };
}

test("the chosen speaker is played on, gives way while it is gone, and is used again when it is back", async () => {
  const { it, heard, list, platform } = speaker();
  const desk = device("audiooutput", "desk", "Desk");
  it.start();
  await list([desk]);
  await list([device("audiooutput", "default")]);
  await list([device("audiooutput", "default"), desk]);
  assert.deepEqual(heard, ["desk", "speaker-gone", "", "speaker-back", "desk"]);
  it.close();
  assert.deepEqual([platform.timers.size, platform.devices.listeners], [0, 0]);
});

/** What the links go before. */
function waiting() {
  /** @type {(() => void)[]} */
  const tasks = [];
  return {
    later: (/** @type {string} */ _what, /** @type {() => void} */ task) => void tasks.push(task),
    now: () => {
      for (const task of tasks.splice(0)) task();
    },
  };
}

test("changes of the devices are heard of once the links are made", async () => {
  const platform = new FakePlatform();
  const { devices } = platform;
  const { later, now } = waiting();
  const microphone = new Microphone(platform, () => ANY_MICROPHONE, later);
  await microphone.open();
  assert.equal(devices.listeners, 0);
  now();
  assert.equal(devices.listeners, 1);
  microphone.close();
  await microphone.open();
  microphone.close();
  now();
  assert.equal(devices.listeners, 0, "one that was let go heeds nothing");
});

test("a microphone that can't be had hears of the one that is plugged in, whatever the links do", async () => {
  const platform = new FakePlatform();
  const { devices } = platform;
  devices.answers.push({ name: "NotFoundError" });
  const microphone = new Microphone(platform, () => ANY_MICROPHONE, waiting().later);
  await microphone.open();
  assert.equal(microphone.trouble, "not-found");
  devices.dispatchEvent(new Event("devicechange"));
  await platform.advance(600);
  assert.equal(microphone.trouble, "");
  microphone.decline();
  assert.equal(devices.listeners, 0);
});

test("the speaker that was chosen is looked for at once, its changes are heard of once the links are made", async () => {
  const { later, now } = waiting();
  const { it, heard, platform } = speaker(undefined, later);
  platform.devices.list = /** @type {any} */ ([device("audiooutput", "desk", "Desk")]);
  it.start();
  await settle();
  assert.deepEqual([heard, platform.devices.listeners], [["desk"], 0]);
  now();
  assert.equal(platform.devices.listeners, 1);
  const other = speaker(undefined, later);
  other.it.start();
  other.it.close();
  now();
  assert.equal(other.platform.devices.listeners, 0);
});

test("before a browser names any speaker none is missed, and one that it refuses gives way to the default, said so", async () => {
  const { it, heard, list } = speaker();
  it.start();
  await list([device("audiooutput", "")]);
  assert.deepEqual(heard, []);
  await list([device("audiooutput", "desk", "Desk")]);
  it.refused();
  it.refused();
  assert.deepEqual(heard, ["desk", "", "speaker-refused"]);
});

test("a speaker that is there and refuses is tried again only once it is chosen anew, or plugged in anew, and told of once", async () => {
  const { it, heard, list } = speaker();
  const [desk, other] = [device("audiooutput", "desk", "Desk"), device("audiooutput", "other")];
  it.start();
  await list([desk]);
  it.refused();
  heard.length = 0;
  await list([desk, other]);
  await list([desk]);
  assert.deepEqual(heard, []);
  await list([other]);
  await list([desk, other]);
  assert.deepEqual(heard, ["speaker-gone", "speaker-back", "desk"]);
  it.refused();
  heard.length = 0;
  it.choose({ id: "desk", label: "Desk" });
  assert.deepEqual(heard, ["desk"]);
});

test("everyone is heard by the speaker that is chosen in a call, those who come later, too", async () => {
  const { room, platform } = await joined(new Store(), (platform) => {
    const { createAudio } = platform;
    platform.createAudio = () => {
      const audio = createAudio();
      return Object.assign(audio, { setSinkId: async (/** @type {string} */ id) => void Object.assign(audio, { sinkId: id }) });
    };
  });
  room.devices.chooseSpeaker({ id: "desk", label: "Desk" });
  for (const peer of ["b", "c", "d", "e", "f", "g", "h", "i", "j"]) platform.links.stream(peer, /** @type {any} */ ({}));
  assert.deepEqual(new Set(platform.audios.map((audio) => /** @type {any} */ (audio).sinkId)), new Set(["desk"]));
  assert.ok(platform.audios.length > 8);
});
