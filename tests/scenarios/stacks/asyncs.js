'use strict';
// Async functions and generators on the stack. A rejection would be all that comes of an error in
// them, so the failing code runs behind a boundary that V8 takes for a catcher in C++: vm's.
const vm = require('vm');
globalThis.fail = () => undefined.thing;
const pause = () => new Promise((done) => setImmediate(done));
function abort() { vm.runInThisContext('fail()', 'last.vm'); }
async function level3(x) { await pause(); return abort(); }
async function level2(x) { const y = await level3(x + 1); return y; }
const level1 = async (x) => { await null; return (await level2(x)) + 1; };
class Service {
  async start() { return await level1(1); }
  async *items() { yield 1; yield await this.start(); }
  static async boot() { const service = new Service(); for await (const item of service.items()) void item; }
}
async function top() { await Promise.all([pause(), Service.boot()]); }
top();
