'use strict';
// Things of which there are too many, each kind in its own place, most of them small: what `suspects`
// has to find whatever it retains. And objects that two hold, so that none retains them.
const { EventEmitter } = require('events');
const { asItIs } = require('./_end.js');

class Bus extends EventEmitter {}
const bus = new Bus();
bus.setMaxListeners(0);
for (let i = 0; i < 150; i++) bus.on('tick', function onTick() { return i; });
for (let i = 0; i < 10; i++) bus.on('tock', () => i); // as many as are usual

for (let i = 0; i < 120; i++) setInterval(function beat() { return i; }, 7_000_000);
for (let i = 0; i < 20; i++) setTimeout(() => i, 7_000_000);

const pending = Array.from({ length: 1500 }, () => new Promise(() => {}));

class Shared { constructor(i) { this.text = `shared ${i} `.repeat(20).split(' '); } }
const one = [], two = [];
for (let i = 0; i < 3000; i++) { const shared = new Shared(i); one.push(shared); two.push(shared); }

class Job { constructor(next) { this.next = next; this.text = [1, 2, 3]; } }
let queue = null;
for (let i = 0; i < 40000; i++) queue = new Job(queue);

globalThis.bus = bus;
globalThis.pending = pending;
globalThis.queue = queue;
globalThis.first = { one };
globalThis.second = { two };
asItIs({
  found: {
    listeners: bus.listenerCount('tick'), timers: 120, promises: pending.length, scattered: one.length, list: 40000,
  },
});
