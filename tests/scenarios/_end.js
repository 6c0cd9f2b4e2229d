'use strict';
// How a scenario ends: what it knows of itself into truth.json, V8's own snapshot beside it if
// wanted, then the core. With SCENARIO_WAIT it waits for somebody (gcore) to take the core.
const fs = require('fs');
const v8 = require('v8');

function truth(facts) { fs.writeFileSync('truth.json', JSON.stringify(facts)); }

function stop() {
  if (!process.env.SCENARIO_WAIT) process.abort();
  fs.writeFileSync('ready', '');
  // No allocation, no event loop: the heap stays as it is.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Facts, a full GC and V8's snapshot, and the end. Nothing runs in between. */
function withSnapshot(facts) {
  truth(facts);
  v8.writeHeapSnapshot('oracle.heapsnapshot');
  stop();
}

/** The same without a GC. */
function asItIs(facts) {
  truth(facts);
  stop();
}

module.exports = { truth, stop, withSnapshot, asItIs };
