// Sloppy mode: `this` of a plain call is the global object, primitives come wrapped. The rest as
// in methods.js, where strict functions get what was given.
const { chain } = require('./_chain.js');

function sloppy(next) { return next(); }
const arrow = (next) => next();
String.prototype.shout = function (next) { return next(); };
Number.prototype.count = function (next) { return next(); };
Boolean.prototype.ask = function (next) { return next(); };
Symbol.prototype.mark = function (next) { return next(); };
BigInt.prototype.grow = function (next) { return next(); };
Array.prototype.each = function each(next) { return next(); };
Object.prototype.everywhere = function (next) { return next(); };
Function.prototype.onFunctions = function (next) { return next(); };
globalThis.onGlobal = function (next) { return next(); };
globalThis.both = { strict(next) { 'use strict'; return next(); } };
Object.defineProperty(Object.prototype, 'strictly', {
  value: function (next) { 'use strict'; return next(); }, configurable: true, writable: true,
});
Object.defineProperty(Object.prototype, 'strictGet', {
  get: function () { 'use strict'; return globalThis.kept(); }, configurable: true,
});
var declared = function (next) { return next(); };
let shadow = function (next) { return next(); };
function Own() {}
Own.prototype = { lost(next) { return next(); } };
function Restored() {}
Restored.prototype = { constructor: Restored, back(next) { return next(); } };
function callee(next) { return next ? next() : 1; }
function viaArguments() { return arguments[0](); }
function mapped(a, next) { arguments[0] = 2; return next(); }

chain([
  (next) => sloppy(next),
  (next) => arrow(next),
  (next) => 'text'.shout(next),
  (next) => (5).count(next),
  (next) => (5.5).count(next),
  (next) => true.ask(next),
  (next) => Symbol('s').mark(next),
  (next) => (10n).grow(next),
  (next) => [1].each(next),
  (next) => ({}).everywhere(next),
  (next) => 'text'.everywhere(next),
  (next) => sloppy.onFunctions(next),
  (next) => (() => 1).onFunctions(next),
  (next) => onGlobal(next),
  (next) => globalThis.onGlobal(next),
  (next) => both.strict(next),
  (next) => 'text'.strictly(next),
  (next) => (5).strictly(next),
  (next) => (5.5).strictly(next),
  (next) => true.strictly(next),
  (next) => Symbol('s').strictly(next),
  (next) => (10n).strictly(next),
  (next) => [1].strictly(next),
  (next) => sloppy.strictly(next),
  (next) => { globalThis.kept = next; return 'text'.strictGet; },
  (next) => { globalThis.kept = next; return (5).strictGet; },
  (next) => { globalThis.kept = next; return ({}).strictGet; },
  (next) => declared(next),
  (next) => shadow(next),
  (next) => new Own().lost(next),
  (next) => new Restored().back(next),
  (next) => callee(next),
  (next) => viaArguments(next),
  (next) => viaArguments(next, 2, 3, 4),
  (next) => mapped(1, next),
  (next) => { with ({ sloppy }) { return sloppy(next); } },
  (next) => { with ({ inside: (n) => n() }) { return inside(next); } },
  (next) => { function block() { return next(); } return block(); },
  (next) => (function named() { return next(); })(),
  (next) => (function () { return next(); })(),
  (next) => (() => (() => next())())(),
  (next) => new (function Made() { this.v = next(); })().v,
  (next) => { const bound = sloppy.bind({ bound: 1 }, next); return bound(); },
  (next) => { const o = { m: sloppy.bind(null, next) }; return o.m(); },
  (next) => new (class { static s(n) { return n(); } r() { return this.constructor.s(next); } })().r(),
]);
