'use strict';
// A worker thread ends the process while the main thread waits in a call of its own.
const { Worker, isMainThread, workerData } = require('worker_threads');
if (isMainThread) {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  new Worker(__filename, { workerData: cell }).on('online', function waiting() {
    Atomics.store(cell, 0, 1);
    Atomics.notify(cell, 0);
    Atomics.wait(cell, 0, 1);
  });
} else {
  const seen = require('./_seen.js');
  class Job {
    constructor(n) { this.n = n; }
    run() { return [this.n].map((x) => this.step(x)); }
    step(x) { seen(new Error('seen')); process.kill(process.pid, 'SIGSEGV'); for (;;); }
  }
  setImmediate(function inWorker() { Atomics.wait(workerData, 0, 0); new Job(3).run(); });
}
