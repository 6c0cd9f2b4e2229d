'use strict';
// Arrays that live on large-object pages, young and old.
const { withSnapshot } = require('./_end.js');
class Cell { constructor(i) { this.i = i; } }
globalThis.keep = {
  objects: Array.from({ length: 100000 }, (_, i) => new Cell(i)),
  numbers: new Array(3000000).fill(1),
  doubles: Array.from({ length: 500000 }, (_, i) => i + 0.5),
  holes: new Array(1000000),
  sparse: (() => { const a = []; a[1e8] = 1; return a; })(),
  strings: Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(1e6)),
  map: new Map(Array.from({ length: 200000 }, (_, i) => [i, i])),
};
withSnapshot({ counts: { Cell: 100000 }, lengths: { objects: 100000, numbers: 3000000, doubles: 500000, holes: 1000000 } });
