'use strict';
// node-flags: --min-semi-space-size=32 --max-semi-space-size=32
// No collection has run when this ends: everything is in the young generation still, what lost its
// last holder (Dropped…) beside what is held (Kept…), in every way that JavaScript has.
const { asItIs } = require('./_end.js');
class DroppedPlain { constructor(i) { this.i = i; this.inner = { i }; } }
class DroppedKey { constructor(i) { this.i = i; } }
class DroppedValue { constructor(i) { this.i = i; } }
class DroppedMapValue { constructor(i) { this.i = i; } }
class DroppedVariable { constructor(i) { this.i = i; } }
class DroppedAsync { constructor(i) { this.i = i; } }
class DroppedCycle { constructor(i) { this.i = i; } }
class DroppedElement { constructor(i) { this.i = i; } }
class DroppedProperty { constructor(i) { this.i = i; } }
class KeptValue { constructor(i) { this.i = i; } }
class KeptMapValue { constructor(i) { this.i = i; } }
class KeptVariable { constructor(i) { this.i = i; } }
class KeptAsync { constructor(i) { this.i = i; } }
class KeptElement { constructor(i) { this.i = i; } }
class KeptTimer { constructor(i) { this.i = i; } }
class KeptListener { constructor(i) { this.i = i; } }
const weak = (globalThis.weak = new WeakMap());
const map = (globalThis.map = new Map());
globalThis.keep = [];
globalThis.resolvers = [];
const emitter = (globalThis.emitter = new (require('events'))().setMaxListeners(0));
async function waits(object, promise) { await promise; return object; }
setTimeout(() => {
  (() => {
    for (let i = 0; i < 2000; i++) new DroppedPlain(i);
    for (let i = 0; i < 300; i++) weak.set(new DroppedKey(i), new DroppedValue(i));
    for (let i = 0; i < 300; i++) { const key = { i }; keep.push(key); weak.set(key, new KeptValue(i)); }
    for (let i = 0; i < 400; i++) map.set(i, i % 2 ? new KeptMapValue(i) : new DroppedMapValue(i));
    for (let i = 0; i < 400; i += 2) map.delete(i);
    for (let i = 0; i < 100; i++) ((variable) => () => variable)(new DroppedVariable(i));
    for (let i = 0; i < 100; i++) keep.push(((variable) => () => variable)(new KeptVariable(i)));
    for (let i = 0; i < 50; i++) waits(new DroppedAsync(i), new Promise(() => {}));
    for (let i = 0; i < 50; i++) waits(new KeptAsync(i), new Promise((resolve) => resolvers.push(resolve)));
    for (let i = 0; i < 200; i++) { const a = new DroppedCycle(i), b = new DroppedCycle(i); a.other = b; b.other = a; }
    const list = []; for (let i = 0; i < 500; i++) list.push(new DroppedElement(i));
    const short = (globalThis.short = []); for (let i = 0; i < 500; i++) short.push(new DroppedElement(i)); short.length = 0;
    for (let i = 0; i < 200; i++) keep.push([new KeptElement(i)]);
    const one = (globalThis.one = {}); for (let i = 0; i < 100; i++) one.p = new DroppedProperty(i); one.p = 1;
    for (let i = 0; i < 60; i++) setTimeout((object) => object, 1e6, new KeptTimer(i));
    for (let i = 0; i < 60; i++) { const object = new KeptListener(i); emitter.on('x', () => object); }
  })();
  setTimeout(() => asItIs({ counts: {
    DroppedPlain: 2000, DroppedKey: 300, DroppedValue: 300, DroppedMapValue: 200, DroppedVariable: 100, DroppedAsync: 50, DroppedCycle: 400, DroppedElement: 1000, DroppedProperty: 100,
    KeptValue: 300, KeptMapValue: 200, KeptVariable: 100, KeptAsync: 50, KeptElement: 200, KeptTimer: 60, KeptListener: 60 } }), 5);
}, 5);
