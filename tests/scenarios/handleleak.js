'use strict';
// Handles that an addon (tests/dumps/addon.py, the first argument) leaks: as many local ones as the
// second argument says, in one call and so in one scope; 70 strong and 30 weak references.
const { asItIs } = require('./_end.js');
class InLocal { constructor() { this.a = 1; } }
class InStrong { constructor() { this.b = 1; } }
class InWeak { constructor() { this.c = 1; } }
const addon = { exports: {} };
process.dlopen(addon, process.argv[2]);
const locals = Number(process.argv[3]);
const weak = (globalThis.weak = []);
function strongOne() { return new InStrong(); }
function weakOne() { const one = new InWeak(); weak.push(one); return one; }
function end() { asItIs({ counts: { InLocal: locals, InStrong: 70, InWeak: 30 } }); }
(function runs() { addon.exports.leak(InLocal, locals, strongOne, 70, weakOne, 30, end); })();
