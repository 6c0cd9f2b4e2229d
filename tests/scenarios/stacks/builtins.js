'use strict';
// Builtins that V8 calls by a name of their own, and bad receivers.
const { chain } = require('./_chain.js');
const view = () => new DataView(new ArrayBuffer(8));

chain([
  (next) => 'abc'.indexOf({ toString() { next(); return 'b'; } }),
  (next) => 'ABC'.toLocaleLowerCase({ get 0() { next(); return 'en'; }, length: 1 }).length,
  (next) => view().setInt8({ valueOf() { return next() & 1; } }, 0) || 1,
  (next) => view().getFloat64({ valueOf() { next(); return 0; } }) + 1,
  (next) => view().setBigInt64(0, { valueOf() { next(); return 1n; } }) || 1,
  (next) => [3].indexOf({ valueOf() { return 1; } }) + 2 && next(),
  (next) => (function bound() { return next(); }).call((function named() {}).bind(1)),
  (next) => (function onArrow() { return next(); }).call(() => 1),
  (next) => (function onClass() { return next(); }).call(class {}),
  (next) => (function onStatic() { return next(); }).call(class { static name = 5; }),
  (next) => (function onProxy() { return next(); }).call(Proxy),
  (next) => { const target = { f() { return next(); } }; return new Proxy(target, {}).f(); },
], () => String.prototype.toLowerCase.call(null));
