'use strict';
// More of what awaits: allSettled, any, thenables aside; then with a function, async arrow methods,
// generators that delegate, static and private async methods.
const vm = require('vm');
globalThis.fail = () => undefined.thing;
const pause = () => new Promise((done) => setImmediate(done));
const innermost = async (n) => { await pause(); vm.runInThisContext('fail()', 'last.vm'); return n; };
class Base { async load(n) { return (await innermost(n)) + 1; } }
class Repo extends Base {
  async load(n) { const got = await super.load(n); return got; }
  async #hidden(n) { return await this.load(n); }
  static async open(n) { return await new Repo().#hidden(n); }
  get later() { return (async () => await Repo.open(1))(); }
}
async function* source() { yield await new Repo().later; }
async function* delegating() { yield* source(); }
const object = { async ['computed ' + 1]() { for await (const x of delegating()) return x; } };
async function settled() { return await Promise.allSettled([pause(), pause(), object['computed 1']()]); }
async function any() { return await Promise.any([settled(), new Promise(() => {})]); }
async function tries() { try { return await any(); } finally { globalThis.done = true; } }
(async function named() { await tries(); })();
