'use strict';
// JavaScript called by WebAssembly called by JavaScript.
const { chain } = require('./_chain.js');
// (module (import "m" "f" (func)) (func (export "g") call 0))
const bytes = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 2, 1, 0,
  7, 5, 1, 1, 103, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
];
const compiled = new WebAssembly.Module(new Uint8Array(bytes));
const through = (f) => new WebAssembly.Instance(compiled, { m: { f } }).exports.g();
chain([
  (next) => { through(next); return 1; },
  (next) => { through(function named() { next(); }); return 1; },
  (next) => { through(() => through(next)); return 1; },
]);
