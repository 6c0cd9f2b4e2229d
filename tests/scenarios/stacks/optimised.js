'use strict';
// The whole chain of inlining.js's kind is optimised before it fails, once, at its far end.
let armed = false;
function leaf(x) { if (armed) { undefined.thing; } return x + 1; }
function one(x) { return leaf(x) + 1; }
class Point {
  #y;
  constructor(x) { this.x = one(x); this.#y = x; }
  get twice() { return this.grow(2); }
  grow(n) { return one(this.x) * n + this.#y; }
  static of(x) { return new Point(x); }
}
class Named extends Point { constructor(x) { super(x); this.name = 'n'; } }
const arrow = (x) => Point.of(x).twice;
function mapped(x) { return [x, x + 1].map((y) => arrow(y))[1]; }
function folded(x) { return [x, 1].reduce((sum, y) => sum + mapped(y), 0); }
function found(x) { return [x, 2].find((y) => folded(y) > 0); }
function some(x) { return [1, 2, x].some((y) => y === x && found(y) > 0) ? 1 : 0; }
function each(x) { let s = 0; [x].forEach(function add(y) { s += some(y); }); return s; }
function derived(x) { return new Named(each(x)).x; }
function applied(x) { return derived.apply(null, [x]); }
function called(x) { return applied.call({ a: 1 }, x); }
function argumented() { return called(arguments[0]); }
function rest(...all) { return argumented(all[0], all); }
function defaulted(x, y = rest(x)) { return y; }
function closed(x) { const f = () => defaulted(x); return f(); }
const object = { get it() { return closed(this.x); }, x: 1 };
function accessed() { return object.it; }
function looped(x) { let t = 0; for (let i = 0; i < 3; i++) t += accessed(); return t; }
function recursive(n) { return n ? recursive(n - 1) + 1 : looped(n); }
function outer() { return recursive(5); }
let sum = 0;
for (let i = 0; i < 8000; i++) sum += outer();
setImmediate(function top() { armed = true; sum += outer(); });
