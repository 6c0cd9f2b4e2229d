'use strict';
// Frames of Node.js's own JavaScript between those of the program: timers, events, streams,
// microtasks, requires. What fails is in a callback of each kind in turn.
const { EventEmitter } = require('events');
const { Readable, Transform } = require('stream');
const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
const fs = require('fs');
const storage = new AsyncLocalStorage();
const emitter = new EventEmitter();
const steps = [
  (next) => { emitter.once('event', next); emitter.emit('event', 1, 2, 3, 4); },
  (next) => storage.run({ id: 1 }, next),
  (next) => new AsyncResource('OWN').runInAsyncScope(next),
  (next) => { const t = new Transform({ transform(chunk, enc, done) { next(); } }); t.write('x'); },
  (next) => { const r = new Readable({ read() {} }); r.on('data', () => next()); r.push('x'); r.resume(); r.read(); },
  (next) => { fs.writeFileSync('loaded.js', 'module.exports = class Loaded { run(n) { return n(); } };'); new (require(process.cwd() + '/loaded.js'))().run(next); },
  (next) => { globalThis.atLoad = next; fs.writeFileSync('atload.js', '"use strict";\nglobalThis.atLoad();\n'); require(process.cwd() + '/atload.js'); },
  (next) => require('util').inspect({ [require('util').inspect.custom]() { next(); return 'x'; } }),
  (next) => require('util').promisify.custom && require('util').types.isProxy({}) || next(),
  (next) => Buffer.from({ valueOf() { next(); return 'abc'; } }),
  (next) => new URLSearchParams({ get a() { next(); return 'b'; } }),
];
setTimeout(function timer() {
  process.nextTick(function tick() {
    setImmediate(function immediate() {
      steps.reduceRight((next, step) => function link() { return step(next); }, () => undefined.thing)();
    });
  });
}, 1, 'argument');
