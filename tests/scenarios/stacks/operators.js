'use strict';
// Calls that the language makes by itself: coercions, iteration, destructuring, templates.
const { chain } = require('./_chain.js');

function tag(strings, ...values) { return values[0](); }
function defaults(next, value = next()) { return value; }
function pattern({ a = 1, b: { c } = {} } = {}, [d] = [1]) { return c; }
function* generator(next) { yield 0; yield next(); }
function* delegating(next) { yield* generator(next); }
function* returning(next) { try { yield 1; } finally { next(); } }
const iterable = (next) => ({
  [Symbol.iterator]() { return { next() { return { done: true, value: next() }; } }; },
});
const closing = (next) => ({
  [Symbol.iterator]() { return { next() { return { done: false, value: 1 }; }, return() { next(); return {}; } }; },
});
class Range { *[Symbol.iterator]() { yield this.next(); } }

chain([
  (next) => tag`before ${next} after`,
  (next) => `${{ toString() { return String(next()); } }}`.length,
  (next) => +{ valueOf() { return next(); } },
  (next) => ({ valueOf() { return next(); } }) + 1,
  (next) => ({ valueOf() { return next(); } }) * 2,
  (next) => -{ valueOf() { return next(); } },
  (next) => { let x = { valueOf() { return next(); } }; x++; return x; },
  (next) => ({ [Symbol.toPrimitive](hint) { return next(); } }) < 5 ? 1 : 2,
  (next) => ({ toString() { next(); return '1'; } }) == '1' ? 1 : 2,
  (next) => ({ 1: 1 })[{ toString() { next(); return '1'; } }],
  (next) => defaults(next),
  (next) => { const { a = next() } = {}; return a; },
  (next) => { const [a = next()] = []; return a; },
  (next) => { const [a] = iterable(next); return 1; },
  (next) => { const [a] = closing(next); return a; },
  (next) => { const { a: { b } } = { get a() { next(); return { b: 1 }; } }; return b; },
  (next) => { const { [next()]: a, ...rest } = { b: 1 }; return rest.b; },
  (next) => pattern({ b: { get c() { return next(); } } }),
  (next) => [...iterable(next)].length + 1,
  (next) => Math.max(...[1, 2].filter(() => next())),
  (next) => { for (const x of iterable(next)) return x; return 1; },
  (next) => { for (const x of closing(next)) return x; return 1; },
  (next) => { let sum = 0; for (const x of generator(next)) sum += x; return sum; },
  (next) => { let sum = 0; for (const x of delegating(next)) sum += x; return sum; },
  (next) => { for (const x of returning(next)) break; return 1; },
  (next) => { const it = returning(next); it.next(); return it.return(1).value; },
  (next) => { const range = new Range(); range.next = next; return [...range][0]; },
  (next) => { for (const key in new Proxy({ a: 1 }, { ownKeys() { next(); return ['a']; } })) return 1; return 1; },
  (next) => ({}) instanceof { [Symbol.hasInstance]() { return next(); } } ? 1 : 2,
  (next) => { try { return next(); } finally { globalThis.done = 1; } },
  (next) => { try { throw new Error('x'); } catch (error) { return next(); } },
  (next) => { try { globalThis.done = 1; } finally { next(); } return 1; },
  (next) => { switch (next()) { case 1: return 1; default: return 2; } },
  (next) => { switch (1) { case next(): return 1; default: return 2; } },
  (next) => { label: do { if (next()) break label; } while (false); return 1; },
  (next) => { for (let i = 0; i < 3; i++) if (i === 2) return next(); return 0; },
  (next) => { let i = 0; while (next() && i++ < 1); return i; },
  (next) => next() ? 1 : 2,
  (next) => next() && 1,
  (next) => null ?? next(),
  (next) => ({ a: { b: next } })?.a?.b?.(),
  (next) => next?.(),
  (next) => (0, next)(),
  (next) => [next()][0],
  (next) => ({ a: next() }).a,
  (next) => { let a; a = next(); return a; },
  (next) => { let a = null; a ??= next(); return a; },
  (next) => new Array(next(), 2).length,
  (next) => void next() || 1,
  (next) => typeof next() === 'number' ? 1 : 2,
]);
