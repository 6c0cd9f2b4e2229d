'use strict';
// The parts of async functions before their first await, as ordinary frames.
const vm = require('vm');
globalThis.fail = () => undefined.thing;
const inner = async () => { vm.runInThisContext('fail()', 'last.vm'); };
async function named() { await inner(); }
class Service { async method() { return named(); } static async make() { return new Service().method(); } async #p() { return Service.make(); } go() { return this.#p(); } }
async function* generator() { yield await new Service().go(); }
const object = { async short() { return generator().next(); }, async *many() { yield object.short(); } };
new Promise(function executor(done) { object.many().next().then(done); }).then(() => 1);
