'use strict';
// A linked list of a million, and the same linked both ways: nothing may recurse or go round.
const { asItIs } = require('./_end.js');
class Link { constructor(next) { this.next = next; } }
class Both { constructor(next) { this.next = next; this.last = null; if (next) next.last = this; } }
let link = null;
for (let i = 0; i < 1000000; i++) link = new Link(link);
globalThis.list = link;
let both = null;
const ends = (globalThis.ends = []);
for (let i = 0; i < 300000; i++) { both = new Both(both); if (i === 0) ends.push(both); }
ends.push(both);
link = both = null;
asItIs({ counts: { Link: 1000000, Both: 300000 } });
