'use strict';
// Ends in an async function that others wait for; the argument says how. V8's own stack of an Error
// made there, with its `at async` lines, is the truth.
Error.stackTraceLimit = 200;
const { asItIs } = require('./_end.js');

function end() {
  const stack = new Error('here').stack.split('\n').slice(1).map((line) => line.trim());
  asItIs({ stack });
}
const later = () => new Promise((resolve) => setImmediate(resolve));
async function leaf() { await later(); end(); }
async function plain(n) { await later(); return n; }

async function* items() { yield 1; await later(); end(); yield 2; }
async function* delegating() { yield* items(); }
async function* handing() { yield leaf(); }
class Service {
  async method() { return await this.inner(); }
  async inner() { await leaf(); return 1; }
  static async make() { await new Service().method(); }
}
const arrow = async () => { await Service.make(); };

const ways = {
  async chain() { await arrow(); },
  async all() { await Promise.all([plain(0), leaf(), plain(2)]); },
  async settled() { await Promise.allSettled([plain(0), plain(1), leaf()]); },
  async any() { await Promise.any([leaf(), new Promise(() => {})]); },
  async race() { await Promise.race([new Promise(() => {}), leaf()]); },
  async nested() { await Promise.all([Promise.race([leaf()]), plain(1)]); },
  async then() { await plain(1).then(function handler() { end(); }); },
  async thenAfter() { await leaf().then(function after() {}); },
  async rejected() { await Promise.reject(new Error('x')).catch(function onError() { end(); }); },
  async finally() { await leaf().finally(function last() {}); },
  async iterated() { for await (const item of items()) globalThis.item = item; },
  async delegated() { for await (const item of delegating()) globalThis.item = item; },
  async handed() { for await (const item of handing()) globalThis.item = item; },
  async resolved() { await new Promise((resolve) => resolve(leaf())); },
  async returned() { return await (async () => leaf())(); },
  async twice() { const once = leaf(); await Promise.all([(async function first() { await once; })(), (async function second() { await once; })()]); },
  async first() { end(); },
  async microtask() { await new Promise((resolve) => queueMicrotask(() => { end(); resolve(); })); },
  async long() { await (async function down(n) { if (n) await down(n - 1); else await leaf(); })(40); },
  async evaluated() { await eval('(async function inEval() { await leaf(); })()'); },
};

async function main(way) {
  await ways[way]();
}
main(process.argv[2]);
