'use strict';
// Async functions and generators that wait, each in its own way, and who waits for whom. A comment
// `/*@name*/` stands before each place where something waits: the truth has its line and column.
const fs = require('fs');
const timers = require('timers/promises');
const { EventEmitter, once } = require('events');
const { asItIs } = require('./_end.js');

const S = (globalThis.S = { kept: [] });
const never = () => new Promise(() => {});

// The same place many times.
async function worker(id, job) {
  const local = 'local ' + id;
  let count = id * 2;
  /*@worker*/await S.gate;
  return local + count + job;
}

// A chain.
async function inner(name) { /*@inner*/await S.innermost; return name; }
async function middle(name) { const got = /*@middle*/await inner(name); return got; }
async function outer(name) { try { return /*@outer*/await middle(name); } finally { S.done = true; } }

// Combinators.
async function part(n) { /*@part*/await S.parts[n]; }
async function all() { /*@all*/await Promise.all([part(0), part(1)]); }
async function settled() { /*@settled*/await Promise.allSettled([part(2)]); }
async function race() { /*@race*/await Promise.race([part(3)]); }
async function any() { /*@any*/await Promise.any([part(4)]); }

// User handlers.
async function handled() { /*@handled*/await S.user; }
async function viaThen() { /*@viaThen*/await handled().then(function userHandler(v) { return v; }); }
async function viaFinally() { /*@viaFinally*/await S.viaFinally; }

// Generators.
async function* source() { yield 1; /*@source*/await S.never; yield 2; }
async function consumer() { for await (const /*@consumer*/item of source()) S.item = item; }
function* counter(from) { let at = from; for (;;) { /*@counter*/yield at++; } }
function* fresh() { yield 1; }
async function* idle() { /*@idle*/yield 1; }
async function* delegating() { /*@delegating*/yield* source(); }

// Names.
const arrow = async (x) => { /*@arrow*/await S.never; return x; };
class Service {
  #secret = 5;
  async method(a) { /*@method*/await S.never; return this.#secret + a; }
  static async create() { /*@create*/await S.never; }
  async #hidden() { /*@hidden*/await S.never; }
  start() { return this.#hidden(); }
}

// What is waited for.
async function onTimer() { /*@onTimer*/await timers.setTimeout(60000); }
async function onSleep() { /*@onSleep*/await new Promise((resolve) => setTimeout(resolve, 70000)); }
async function onFile() { /*@onFile*/await fs.promises.open(S.fifo, 'r'); }
async function onEvent() { /*@onEvent*/await once(S.emitter, 'never'); }
async function onThenable() { /*@onThenable*/await { then(resolve) { S.resolveThenable = resolve; } }; }
async function onHeld() { /*@onHeld*/await S.held; }

async function ended() { /*@ended*/await null; S.ended = true; return 1; }
async function failed() { await null; throw new Error('caught'); }

function positions() {
  const found = {};
  fs.readFileSync(__filename, 'utf8').split('\n').forEach((text, line) => {
    for (const match of text.matchAll(/\/\*@(\w+)\*\//g)) {
      found[match[1]] = [line + 1, match.index + match[0].length + 1];
    }
  });
  return found;
}

function start() {
  S.gate = never();
  for (let i = 0; i < 5; i++) S.kept.push(worker(i, { job: i }));
  S.innermost = never();
  S.kept.push(outer('chained'));
  S.parts = [never(), never(), never(), never(), never()];
  S.kept.push(all(), settled(), race(), any());
  S.user = never();
  S.kept.push(viaThen());
  S.viaFinally = never().finally(function userFinally() {});
  S.kept.push(viaFinally());
  S.never = never();
  S.kept.push(consumer());
  S.counter = counter(40);
  S.counter.next();
  S.counter.next();
  S.fresh = fresh();
  S.idle = idle();
  S.kept.push(S.idle.next());
  S.delegating = delegating();
  S.kept.push(S.delegating.next().then(() => S.delegating.next()));
  S.closed = counter(1);
  S.closed.return();
  S.service = new Service();
  S.kept.push(arrow('x'), S.service.method('argument'), Service.create(), S.service.start());
  S.emitter = new EventEmitter();
  S.held = new Promise((resolve, reject) => { S.resolveHeld = resolve; S.rejectHeld = reject; });
  S.kept.push(onTimer(), onSleep(), onEvent(), onThenable(), onHeld(), ended(), failed().catch(() => {}));
}

// Microtasks that wait when the program ends, itself in one.
function finish() {
  asItIs({ positions: positions(), never: ['worker'], kept: S.kept.length });
}

start();
setTimeout(async function last() {
  await null;
  /* The queue: this function runs in a microtask, these come behind it. */
  Promise.resolve(1).then(function queuedThen(value) {});
  (async function queuedAsync() { /*@queuedAsync*/await null; })();
  queueMicrotask(function queuedMicrotask() {});
  Promise.reject(new Error('handled')).catch(function queuedCatch() {});
  Promise.resolve({ then(resolve) { resolve(); } });
  finish();
}, 50);
