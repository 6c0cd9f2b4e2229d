// node-flags: --max-old-space-size=60
'use strict';
// Runs out of memory: V8 aborts inside a GC. From outside it is known only between which bounds the
// number of instances is; exactly, it is the length of `leaked` or one more (the one that was being
// pushed).
const { truth } = require('./_end.js');
class Leak { constructor(i) { this.i = i; this.s = 'leak' + i; this.a = [i, i + 1]; } }
const STEP = 10000;
globalThis.leaked = [];
for (let i = 0; ; i++) {
  leaked.push(new Leak(i));
  if (i % STEP === 0) truth({ atLeast: { Leak: i + 1 }, atMost: { Leak: i + 1 + STEP } });
}
