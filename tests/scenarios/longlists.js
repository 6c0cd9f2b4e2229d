'use strict';
// node-flags: --max-old-space-size=8000
// Shapes on which recursion would end and slow algorithms never do: a list of five million, two
// chains that cross at each of 400,000 links, arrays in arrays a million deep, a ring of a million.
const { asItIs } = require('./_end.js');
class Link { constructor(next) { this.next = next; } }
class Left { constructor(next, across) { this.next = next; this.across = across; } }
class Right { constructor(next, across) { this.next = next; this.across = across; } }
class Ring { constructor(next) { this.next = next; } }
let link = null;
for (let i = 0; i < 5000000; i++) link = new Link(link);
globalThis.list = link;
let left = null, right = null;
for (let i = 0; i < 400000; i++) [left, right] = [new Left(left, right), new Right(right, left)];
globalThis.chains = [left, right];
let deep = null;
for (let i = 0; i < 1000000; i++) deep = [deep];
globalThis.deep = deep;
const first = new Ring(null);
let ring = first;
for (let i = 1; i < 1000000; i++) ring = new Ring(ring);
first.next = globalThis.ring = ring;
link = left = right = deep = ring = null;
asItIs({ counts: { Link: 5000000, Left: 400000, Right: 400000, Ring: 1000000 } });
