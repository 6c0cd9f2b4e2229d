'use strict';
// Two isolates: the main one (snapshot) and a worker that idles with its own objects.
const { Worker, isMainThread, parentPort } = require('worker_threads');
const { withSnapshot } = require('./_end.js');
if (isMainThread) {
  class MainThing { constructor(i) { this.i = i; } }
  globalThis.things = Array.from({ length: 1000 }, (_, i) => new MainThing(i));
  new Worker(__filename).on('message', () => withSnapshot({ counts: { MainThing: 1000, WorkerThing: 4321 } }));
} else {
  class WorkerThing { constructor(i) { this.w = i; } }
  globalThis.things = Array.from({ length: 4321 }, (_, i) => new WorkerThing(i));
  parentPort.postMessage('ready');
  setInterval(() => {}, 1e6);
}
