'use strict';
// One object held in each way that JavaScript has, and strings in known numbers.
const { asItIs } = require('./_end.js');
class Target { constructor() { this.marker = 'target-' + process.pid; } }
const target = new Target();
class Holder { constructor(n) { this.own = n; } }
const keep = (globalThis.keep = {});
keep.inObject = new Holder(target);
keep.outOfObject = new Holder(0);
for (let i = 0; i < 40; i++) keep.outOfObject['p' + i] = i;
keep.outOfObject.far = target;
keep.dictionary = { a: 1, b: 2 };
delete keep.dictionary.a;
keep.dictionary.slow = target;
keep.array = [1, 2, target];
keep.sparse = [];
keep.sparse[1000000] = target;
keep.map = new Map([['key', target]]);
keep.mapKey = new Map([[target, 'value']]);
keep.set = new Set([target]);
keep.closure = (() => { const captured = target; return function reader() { return captured; }; })();
keep.bound = function toBind() {}.bind(target, 1);
keep.boundArgument = function toBind() {}.bind(null, target);
keep.weakRef = new WeakRef(target);
keep.weakMap = new WeakMap([[target, 'value']]);
keep.proxy = new Proxy(target, {});
keep.promise = Promise.resolve(target);
keep.accessor = { get hidden() { return 1; } };
keep.symbol = { [Symbol('key')]: target };
keep.text = ['needle', 'text'].join('-in-a-') + '-' + 7;
JSON.stringify(keep.text);
({})[keep.text];
keep.textHolder = { text: keep.text };
keep.copies = Array.from({ length: 50 }, (_, i) => Buffer.from('duplicate text of some length').toString('latin1'));
keep.unique = Array.from({ length: 30 }, (_, i) => Buffer.from('unique text number ' + i).toString('latin1'));
asItIs({ pid: process.pid, needle: keep.text });
