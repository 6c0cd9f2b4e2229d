'use strict';
// node-flags: --expose-gc
// Garbage and what is held in two isolates at once; the worker waits in C++ when the main thread ends.
const { Worker, isMainThread, parentPort } = require('worker_threads');
const { asItIs } = require('./_end.js');
const made = isMainThread ? [400, 300] : [250, 150];
class Dropped { constructor(i) { this.i = i; this.self = this; } }
class DroppedValue { constructor(i) { this.i = i; } }
class Kept { constructor(i) { this.i = i; } }
class KeptValue { constructor(i) { this.i = i; } }
globalThis.kept = [];
globalThis.weak = new WeakMap();
globalThis.fill = () => {
  globalThis.hold = [];
  for (let i = 0; i < made[0]; i++) { const one = new Dropped(i); hold.push(one); weak.set(one, new DroppedValue(i)); }
  for (let i = 0; i < made[1]; i++) { const one = new Kept(i); kept.push(one); weak.set(one, new KeptValue(i)); }
};
fill();
globalThis.let_go = (then) => setTimeout(() => { gc(); gc(); setTimeout(() => { (() => { globalThis.hold = null; })(); setTimeout(then, 5); }, 5); }, 5);
if (isMainThread) {
  const counts = { Dropped: 650, DroppedValue: 650, Kept: 450, KeptValue: 450 };
  const main = { Dropped: 400, DroppedValue: 400, Kept: 300, KeptValue: 300 };
  new Worker(__filename).on('message', () => let_go(() => asItIs({ counts, main })));
} else {
  let_go(() => { parentPort.postMessage('ready'); setInterval(() => {}, 1e6); });
}
