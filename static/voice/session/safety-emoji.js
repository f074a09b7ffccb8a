// @ts-check
// The 64 pictures of a safety code with the names by which they are read out; their order is part of the protocol.

import { phrase } from "../phrase.js";

/** @type {readonly (readonly [emoji: string, name: string])[]} */
export const EMOJI = Object.freeze([
  ["🐶", phrase("emoji.dog")], ["🐱", phrase("emoji.cat")], ["🦁", phrase("emoji.lion")], ["🐴", phrase("emoji.horse")],
  ["🐷", phrase("emoji.pig")], ["🐘", phrase("emoji.elephant")], ["🐰", phrase("emoji.rabbit")], ["🐼", phrase("emoji.panda")],
  ["🐔", phrase("emoji.hen")], ["🐧", phrase("emoji.penguin")], ["🐢", phrase("emoji.turtle")], ["🐟", phrase("emoji.fish")],
  ["🐙", phrase("emoji.octopus")], ["🦋", phrase("emoji.butterfly")], ["🐝", phrase("emoji.bee")], ["🐌", phrase("emoji.snail")],
  ["🌷", phrase("emoji.flower")], ["🌳", phrase("emoji.tree")], ["🌵", phrase("emoji.cactus")], ["🍄", phrase("emoji.mushroom")],
  ["🌙", phrase("emoji.moon")], ["☀️", phrase("emoji.sun")], ["☁️", phrase("emoji.cloud")], ["🔥", phrase("emoji.fire")],
  ["🌈", phrase("emoji.rainbow")], ["⚡", phrase("emoji.lightning")], ["🍎", phrase("emoji.apple")], ["🍌", phrase("emoji.banana")],
  ["🍓", phrase("emoji.strawberry")], ["🌽", phrase("emoji.corn")], ["🍕", phrase("emoji.pizza")], ["🎂", phrase("emoji.cake")],
  ["🍞", phrase("emoji.bread")], ["🧀", phrase("emoji.cheese")], ["🥕", phrase("emoji.carrot")], ["🍋", phrase("emoji.lemon")],
  ["😀", phrase("emoji.smile")], ["🤖", phrase("emoji.robot")], ["👻", phrase("emoji.ghost")], ["🎩", phrase("emoji.hat")],
  ["👓", phrase("emoji.glasses")], ["👑", phrase("emoji.crown")], ["🧦", phrase("emoji.socks")], ["🔧", phrase("emoji.wrench")],
  ["🔨", phrase("emoji.hammer")], ["✂️", phrase("emoji.scissors")], ["🔑", phrase("emoji.key")], ["🔒", phrase("emoji.lock")],
  ["🎁", phrase("emoji.present")], ["🎈", phrase("emoji.balloon")], ["💡", phrase("emoji.lamp")], ["📖", phrase("emoji.book")],
  ["✏️", phrase("emoji.pencil")], ["☂️", phrase("emoji.umbrella")], ["⏰", phrase("emoji.alarm-clock")], ["☎️", phrase("emoji.telephone")],
  ["🚲", phrase("emoji.bicycle")], ["🚂", phrase("emoji.train")], ["✈️", phrase("emoji.aeroplane")], ["🚀", phrase("emoji.rocket")],
  ["⚓", phrase("emoji.anchor")], ["🏆", phrase("emoji.trophy")], ["⚽", phrase("emoji.football")], ["🎸", phrase("emoji.guitar")],
]);
