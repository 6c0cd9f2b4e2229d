'use strict';
// `npm install --offline` of webpack and all that it needs, from a cache that was filled before.
// It ends when half of the packages are unpacked: npm says on `process` when one is.
const path = require('path');
const { withSnapshot } = require('./_end.js');

const folder = process.cwd();
const flags = '--offline --ignore-scripts --no-audit --no-fund --no-update-notifier --logs-max=0';
process.argv = [
  process.argv[0], 'npm', 'install', ...flags.split(' '),
  '--cache', path.join(folder, 'npm-cache'), '--prefix', path.join(folder, 'project'),
];
let unpacked = 0;
process.on('time', (what, name) => {
  // Once for each package: reifyNode:node_modules/NAME.
  if (what !== 'end' || !String(name).startsWith('reifyNode:') || ++unpacked < 60) return;
  setImmediate(() => withSnapshot({ unpacked, atLeast: { Node: 70, Edge: 100 } }));
});
// By path: the package exports its package.json only.
require(path.join(__dirname, 'node_modules', 'npm', 'lib', 'cli.js'))(process);
