'use strict';
// How a scenario ends: what it knows of itself goes to truth.json, V8's own heap snapshot (if
// wanted) to oracle.heapsnapshot, both in the working directory, and then it aborts.
//
// writeHeapSnapshot() collects all garbage first and nothing runs between it and the abort, so core
// and snapshot show the same heap.
//
// SCENARIO_WAIT=1: a file `ready` appears and the program sleeps instead, for a debugger that wants
// to attach to a live process.
const fs = require('fs');
const v8 = require('v8');

const waits = process.env.SCENARIO_WAIT === '1';
// Made here, so that waiting adds no objects to the heap.
const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * What the program knows of itself. `facts.counts` is {class: instances alive}, named as V8 names
 * them in a snapshot; `facts.atLeast` the same where only a lower bound is known.
 */
function truth(facts) {
  const about = { version: process.version, v8: process.versions.v8, pid: process.pid, script: process.argv[1] };
  // Whole or not at all: the program may end inside of a write.
  fs.writeFileSync('truth.json.new', JSON.stringify({ ...about, ...facts }));
  fs.renameSync('truth.json.new', 'truth.json');
}

/** Ends the program; does not return. */
function stop() {
  if (!waits) process.abort();
  fs.closeSync(fs.openSync('ready', 'w'));
  for (;;) Atomics.wait(never, 0, 0);
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
