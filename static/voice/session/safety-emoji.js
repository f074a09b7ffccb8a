// @ts-check
// The 64 pictures of a safety code with the names by which they are read out; their order is part of the protocol.

/** @type {readonly (readonly [emoji: string, name: string])[]} */
export const EMOJI = Object.freeze([
  ["🐶", "dog"], ["🐱", "cat"], ["🦁", "lion"], ["🐴", "horse"], ["🐷", "pig"], ["🐘", "elephant"], ["🐰", "rabbit"], ["🐼", "panda"],
  ["🐔", "hen"], ["🐧", "penguin"], ["🐢", "turtle"], ["🐟", "fish"], ["🐙", "octopus"], ["🦋", "butterfly"], ["🐝", "bee"], ["🐌", "snail"],
  ["🌷", "flower"], ["🌳", "tree"], ["🌵", "cactus"], ["🍄", "mushroom"], ["🌙", "moon"], ["☀️", "sun"], ["☁️", "cloud"], ["🔥", "fire"],
  ["🌈", "rainbow"], ["⚡", "lightning"], ["🍎", "apple"], ["🍌", "banana"], ["🍓", "strawberry"], ["🌽", "corn"], ["🍕", "pizza"], ["🎂", "cake"],
  ["🍞", "bread"], ["🧀", "cheese"], ["🥕", "carrot"], ["🍋", "lemon"], ["😀", "smile"], ["🤖", "robot"], ["👻", "ghost"], ["🎩", "hat"],
  ["👓", "glasses"], ["👑", "crown"], ["🧦", "socks"], ["🔧", "wrench"], ["🔨", "hammer"], ["✂️", "scissors"], ["🔑", "key"], ["🔒", "lock"],
  ["🎁", "present"], ["🎈", "balloon"], ["💡", "lamp"], ["📖", "book"], ["✏️", "pencil"], ["☂️", "umbrella"], ["⏰", "alarm clock"], ["☎️", "telephone"],
  ["🚲", "bicycle"], ["🚂", "train"], ["✈️", "aeroplane"], ["🚀", "rocket"], ["⚓", "anchor"], ["🏆", "trophy"], ["⚽", "football"], ["🎸", "guitar"],
]);
