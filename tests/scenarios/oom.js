// node-flags: --max-old-space-size=60
'use strict';
// Runs out of memory: V8 aborts inside a GC. `leaked` and the Leak objects are equal in number but
// for the one that was being pushed; the program writes how many there were from time to time.
const fs = require('fs');
const { stop, truth } = require('./_end.js');
class Leak { constructor(i) { this.i = i; this.s = 'leak' + i; this.a = [i, i + 1]; } }
globalThis.leaked = [];
const limit = process.env.SCENARIO_WAIT ? 300000 : Infinity;
for (let i = 0; i < limit; i++) {
  leaked.push(new Leak(i));
  if (i % 10000 === 0) truth({ atLeast: { Leak: i + 1 } });
}
stop();
