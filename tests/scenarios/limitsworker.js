'use strict';
// Memory limits as Node.js chose them, and those that a program gave to a worker.
const v8 = require('v8');
const { Worker, isMainThread, parentPort } = require('worker_threads');
const { asItIs } = require('./_end.js');
const limit = v8.getHeapStatistics().heap_size_limit;
if (isMainThread) {
  const resourceLimits = { maxOldGenerationSizeMb: 77, maxYoungGenerationSizeMb: 12 };
  new Worker(__filename, { resourceLimits }).on('message', (worker) => {
    asItIs({ counts: {}, limits: [limit, worker] });
  });
} else {
  parentPort.postMessage(limit);
  setInterval(() => {}, 1e6);
}
