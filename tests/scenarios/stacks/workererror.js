'use strict';
// A worker thread throws: Node.js takes the error to the main thread, which aborts.
const { Worker, isMainThread } = require('worker_threads');
if (isMainThread) new Worker(__filename);
else setImmediate(function inWorker() { [1].map((x) => undefined.thing + x); });
