// node-flags: --max-old-space-size=12000
'use strict';
// The benchmark heap: N sessions (1,000,000) of five objects each, 250,000 nodes of a linked list.
const { asItIs, withSnapshot } = require('./_end.js');
const N = Number(process.argv[2] || 1e6);
class Session {
  constructor(i) {
    this.id = i;
    this.user = 'user-' + (i % 5000);
    this.tags = ['a', 'b', i];
    this.meta = { created: i * 1000, ip: '10.0.0.' + (i % 255), active: (i & 1) === 0 };
  }
}
class Leak { constructor(i) { this.payload = 'x'.repeat(8) + i; this.next = null; } }
const sessions = new Map();
const leaks = [];
for (let i = 0; i < N; i++) {
  sessions.set('k' + i, new Session(i));
  if (i % 4 === 0) {
    const leak = new Leak(i);
    leak.next = leaks[leaks.length - 1] || null;
    leaks.push(leak);
  }
}
globalThis.root = { sessions, leaks };
const facts = { counts: { Session: N, Leak: Math.ceil(N / 4) } };
if (process.argv[3] === 'snapshot') withSnapshot(facts);
else asItIs(facts);
