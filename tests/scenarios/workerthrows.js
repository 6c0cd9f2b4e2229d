// node-flags: --abort-on-uncaught-exception
'use strict';
// A worker throws; Node.js brings the error to the main thread, where nobody listens for it.
const { Worker, isMainThread } = require('worker_threads');
const { truth } = require('./_end.js');
if (isMainThread) {
  truth({ class: 'TypeError', message: "Cannot read properties of undefined (reading 'thing')" });
  new Worker(__filename);
} else {
  setImmediate(function inWorker() { [1].map(function inner(x) { return undefined.thing + x; }); });
}
