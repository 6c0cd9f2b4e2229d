'use strict';
// Timers of every kind, of the main thread and of a worker, with what they have to do.
const promises = require('timers/promises');
const wt = require('worker_threads');
const { asItIs } = require('./_end.js');

const T = (globalThis.T = {});
const timers = []; // [name, kind, milliseconds, ref'ed, arguments, created at]

function add(timer, name, kind, ms, args = 0) {
  const reffed = timer.hasRef();
  timers.push({ name, kind, ms, reffed, args, created: performance.now() });
  return timer;
}

if (!wt.isMainThread) {
  setInterval(function workerInterval() {}, 60000);
  setTimeout(function workerTimeout() {}, 70000).unref();
  wt.parentPort.postMessage('ready');
  return;
}

for (let i = 0; i < 5; i++) {
  T['timeout' + i] = add(setTimeout(function namedTimer() {}, 30000 + 1000 * i, 'a' + i, i), 'namedTimer', 'timeout', 30000 + 1000 * i, 2);
}
for (let i = 0; i < 3; i++) add(setTimeout(function same() {}, 40000), 'same', 'timeout', 40000);
add(setInterval(function namedInterval() {}, 45000).unref(), 'namedInterval', 'interval', 45000);
add(setInterval(() => {}, 46000), '', 'interval', 46000);
add(setTimeout(function bound() {}.bind(T), 47000), 'bound', 'timeout', 47000);
add(setTimeout(function farAway() {}, 2 ** 31 - 1), 'farAway', 'timeout', 2 ** 31 - 1);
T.cleared = setTimeout(function cleared() {}, 48000);
clearTimeout(T.cleared);
T.refreshed = add(setTimeout(function refreshed() {}, 49000), 'refreshed', 'timeout', 49000);
T.fired = setTimeout(function fired() {}, 5);
T.ticks = 0;
T.ticking = setInterval(function ticking() { T.ticks++; }, 20);
promises.setTimeout(50000);

new wt.Worker(__filename).on('message', () => {
  setTimeout(function finish() {
    T.refreshed.refresh();
    timers.find((timer) => timer.name === 'refreshed').created = performance.now();
    setImmediate(function immediate1() {});
    setImmediate(function immediate2() {}, 'argument').unref();
    clearImmediate(setImmediate(function clearedImmediate() {}));
    const overdue = performance.now() + 50;
    setTimeout(function overdueTimer() {}, 10);
    while (performance.now() < overdue);
    asItIs({ counts: {}, timers, now: performance.now(), origin: performance.timeOrigin });
  }, 200);
});
