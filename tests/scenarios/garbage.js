'use strict';
// node-flags: --expose-gc
// Objects that two collections have moved to the old generation and that then lost their last
// holder, in every way that JavaScript has, beside others that are still held: Dropped… and Kept….
const { asItIs } = require('./_end.js');
class DroppedWeakKey { constructor(i) { this.i = i; } }
class DroppedWeakValue { constructor(i) { this.i = i; } }
class DroppedChainKey { constructor(i) { this.i = i; } }
class DroppedMapValue { constructor(i) { this.i = i; } }
class DroppedClosureVariable { constructor(i) { this.i = i; } }
class DroppedAsync { constructor(i) { this.i = i; } }
class DroppedCycle { constructor(i) { this.i = i; } }
class DroppedWeakRefTarget { constructor(i) { this.i = i; } }
class DroppedRegistered { constructor(i) { this.i = i; } }
class KeptWeakValue { constructor(i) { this.i = i; } }
class KeptChainValue { constructor(i) { this.i = i; } }
class KeptMapValue { constructor(i) { this.i = i; } }
class KeptHeldValue { constructor(i) { this.i = i; } }
class KeptClosureVariable { constructor(i) { this.i = i; } }
const weak = (globalThis.weak = new WeakMap());
const map = (globalThis.map = new Map());
globalThis.keys = [];
globalThis.refs = [];
globalThis.closures = [];
globalThis.registry = new FinalizationRegistry(() => {});
async function waits(object, promise) { await promise; return object; }
(function fill() {
  const hold = (globalThis.hold = []);
  for (let i = 0; i < 800; i++) { const key = new DroppedWeakKey(i); hold.push(key); weak.set(key, new DroppedWeakValue(i)); }
  // Each value is the key of the next entry.
  for (let i = 0, last = null; i < 100; i++) { const key = new DroppedChainKey(i); hold.push(key); weak.set(key, last); last = key; }
  globalThis.chain = { first: 1 };
  for (let i = 0, last = globalThis.chain; i < 100; i++) { const value = new KeptChainValue(i); weak.set(last, value); last = value; }
  for (let i = 0; i < 300; i++) { const key = { i }; keys.push(key); weak.set(key, new KeptWeakValue(i)); }
  for (let i = 0; i < 1000; i++) map.set(i, i % 2 ? new KeptMapValue(i) : new DroppedMapValue(i));
  for (let i = 0; i < 600; i++) hold.push(((variable) => () => variable)(new DroppedClosureVariable(i)));
  for (let i = 0; i < 60; i++) closures.push(((variable) => () => variable)(new KeptClosureVariable(i)));
  for (let i = 0; i < 150; i++) { const promise = new Promise(() => {}); hold.push(promise); waits(new DroppedAsync(i), promise); }
  for (let i = 0; i < 700; i++) { const cycle = new DroppedCycle(i); cycle.self = cycle; hold.push(cycle); }
  for (let i = 0; i < 250; i++) { const target = new DroppedWeakRefTarget(i); hold.push(target); refs.push(new WeakRef(target)); }
  for (let i = 0; i < 120; i++) { const target = new DroppedRegistered(i); hold.push(target); registry.register(target, new KeptHeldValue(i)); }
})();
const counts = { DroppedWeakKey: 800, DroppedWeakValue: 800, DroppedChainKey: 100, DroppedMapValue: 500, DroppedClosureVariable: 600, DroppedAsync: 150, DroppedCycle: 700, DroppedWeakRefTarget: 250, DroppedRegistered: 120, KeptWeakValue: 300, KeptChainValue: 100, KeptMapValue: 500, KeptHeldValue: 120, KeptClosureVariable: 60 };
// In jobs of their own: what a WeakRef was made of is held until its job ends, and registers of
// this function may still hold what its variables were.
setTimeout(() => {
  gc();
  gc();
  setTimeout(() => {
    (() => { for (let i = 0; i < 1000; i += 2) map.delete(i); globalThis.hold = null; })();
    setTimeout(() => asItIs({ counts }), 5);
  }, 5);
}, 5);
