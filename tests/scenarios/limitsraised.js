// node-flags: --heapsnapshot-near-heap-limit=1 --max-old-space-size=60 --max-semi-space-size=1
'use strict';
// Out of memory after Node.js raised the limit to have room for a heap snapshot.
const v8 = require('v8');
const { truth } = require('./_end.js');
const kept = [];
const initial = v8.getHeapStatistics().heap_size_limit;
let limit = 0;
for (;;) {
  kept.push(new Array(100).fill(kept.length));
  const now = v8.getHeapStatistics().heap_size_limit;
  if (now !== limit) {
    limit = now;
    truth({ counts: {}, initial, limits: [limit] });
  }
}
