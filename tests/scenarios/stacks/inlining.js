'use strict';
// Small functions in hot loops, so that the optimising compilers inline them into each other, and
// a loop that is entered on the stack (OSR). Warm by itself: the argument is of no use here.
let armed = false;
let depth = 0;
function leaf(x) { if (armed) { undefined.thing; } return x + 1; }
function one(x) { return leaf(x) + 1; }
function two(x) { return one(x) + one(x + 1); }
class Point {
  constructor(x) { this.x = two(x); }
  get twice() { return this.grow(2); }
  grow(n) { return one(this.x) * n; }
  static of(x) { return new Point(x); }
}
const arrow = (x) => Point.of(x).twice;
function mapped(x) { return [x, x + 1].map((y) => arrow(y))[1]; }
function folded(x) { return [x, 1].reduce((sum, y) => sum + mapped(y), 0); }
function some(x) { return [1, 2, x].some((y) => y === x && folded(y) > 0) ? 1 : 0; }
function each(x) { let s = 0; [x].forEach(function add(y) { s += some(y); }); return s; }
function caught(x) { try { return each(x); } finally { depth++; } }
function applied(x) { return caught.apply(null, [x]); }
function called(x) { return applied.call({ a: 1 }, x); }
function spread(...all) { return called(...all); }
const bound = spread.bind(null, 3);
function* values(x) { yield bound(); yield x; }
function iterated(x) { let s = 0; for (const v of values(x)) s += v; return s; }
function outer(x) { return iterated(x); }

let sum = 0;
for (let i = 0; i < 5000; i++) sum += outer(i);
function hot(n) {
  let t = 0;
  for (let i = 0; i < n; i++) {
    if (i === n - 1) armed = true;
    t += Point.of(i).twice + one(i);
  }
  return t;
}
function osr(n) { let t = 0; for (let i = 0; i < 300; i++) t += i; return t + hot(n); }
setImmediate(function top() { depth = osr(200000) + outer(sum); });
