'use strict';
// The values and holders that llnode's own tests look at, in a program of ours.
const { asItIs } = require('./_end.js');
const zlib = require('zlib');

class Class { constructor() { this.x = 1; this.y = 123.456; this.hashmap = {}; } }
class Class_B { constructor() { this.my_class_b = undefined; } }
class Class_C {
  constructor() {
    this.my_class_c = new Class_B();
    this.arr = Array.from({ length: 9 }, () => new Class_B());
  }
}

function outer() {
  const outerVar = 'outer variable';
  function inner() {
    const scopedVar = 'scoped value';
    const scopedAPI = zlib.createDeflate()._handle;
    const scopedArray = [0, scopedAPI];
    globalThis.holder = { holder: scopedAPI, deflate: scopedAPI, list: scopedArray };
    return function named() { return [scopedVar, scopedAPI, scopedArray, outerVar]; };
  }
  return inner();
}

const c = new Class();
c.hashmap[0] = null;
c.hashmap[4] = undefined;
c.hashmap[23] = /regexp/;
c.hashmap['some-key'] = 42;
c.hashmap['other-key'] = 'ohai';
c.hashmap['cons-string'] = 'this could be a bit smaller, but it is long ' + process.pid;
c.hashmap.error = new Error('test');
c.hashmap.stringified = String(new Error('stringified'));
c.hashmap.promise = Promise.resolve(5);
c.hashmap.array = [1, 2, 3, 4, 5, 6];
c.hashmap['long-array'] = Array.from({ length: 20 }, (_, i) => i);
c.hashmap.buffer = new Uint8Array([1, 2, 3, 4, 5]).buffer;
c.hashmap[Symbol('oneSymbol')] = 42;
c.hashmap['date-1'] = new Date('2000-01-01');
c.hashmap['date-2'] = new Date(1);
const deflate = zlib.createDeflate();
globalThis.keep = { c, closure: outer(), classC: new Class_C(), deflate };
asItIs({ counts: { Class: 1, Class_B: 10, Class_C: 1 }, pid: process.pid });
