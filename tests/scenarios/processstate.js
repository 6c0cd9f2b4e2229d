// node-flags: --max-semi-space-size=8 --no-warnings
'use strict';
// What a program has set on `process`, and what surrounds it.
const fs = require('fs');
const path = require('path');
const wt = require('worker_threads');
const { asItIs } = require('./_end.js');

if (!wt.isMainThread) {
  process.on('exit', function workerExit() {});
  wt.parentPort.postMessage('ready');
  setInterval(() => {}, 1e6);
  return;
}
fs.mkdirSync('elsewhere');
process.chdir('elsewhere');
const cwd = process.cwd();
process.chdir('..');
process.env.SECRET_TOKEN = 'hunter2';
process.env.LATER = 'umläut=1';
delete process.env.LANG;
process.on('SIGUSR2', function onUsr2() {});
process.on('uncaughtException', function first() {});
process.on('uncaughtException', function second() {});
process.once('beforeExit', function onlyOnce() {});
process.exitCode = 3;
new wt.Worker(__filename).on('message', () => {
  asItIs({
    counts: {},
    cwd: process.cwd(),
    elsewhere: path.dirname(cwd),
    env: { ...process.env },
    argv: process.argv,
    execArgv: process.execArgv,
    versions: process.versions,
    uptime: process.uptime(),
    origin: performance.timeOrigin,
    exitCode: process.exitCode,
    events: Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)])),
  });
});
