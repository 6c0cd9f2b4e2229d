'use strict';
// Loaded before a scenario: V8's own snapshot is written, its seconds are printed, and that is all.
const v8 = require('v8');
const write = v8.writeHeapSnapshot;
v8.writeHeapSnapshot = (...args) => {
  const start = process.hrtime.bigint();
  write(...args);
  process.stdout.write(`${Number(process.hrtime.bigint() - start) / 1e9}\n`);
  process.exit(0);
};
