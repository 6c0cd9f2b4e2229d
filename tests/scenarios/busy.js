'use strict';
// Aborts in the middle of an allocation loop: no GC has tidied up, most of the trash is dead.
const { asItIs } = require('./_end.js');
class Live { constructor(i) { this.i = i; } }
class Trash { constructor(i) { this.i = i; this.n = { v: i }; } }
globalThis.live = [];
for (let i = 0; i < 20000; i++) live.push(new Live(i));
let last;
for (let i = 0; i < 3e6; i++) last = new Trash(i);
globalThis.last = last;
asItIs({ counts: { Live: 20000 } });
