// node-flags: --abort-on-uncaught-exception
'use strict';
// Functions that are called until V8 optimises them and inlines one into the other, then once more
// with values of their own and an exception. Every value is known.
const { truth } = require('./_end.js');

function innermost(small, real, text, flag) {
  const local = small * 2 + 1;
  if (flag) throw new Error(`${local} ${real} ${text}`);
  return local + real;
}
function middle(a, b, c) {
  const pair = { x: a, y: b };
  return innermost(pair.x + 1, pair.y * 2, c, stop) + pair.y;
}
function outer(n, ...rest) {
  return middle(n, n + 0.25, rest[0], 'not declared');
}
let stop = false;
let sum = 0;
for (let i = 0; i < 20000; i++) sum += outer(i % 100, 'warm');
truth({
  innermost: [8, 14.5, 'at last', true],
  middle: [7, 7.25, 'at last', 'not declared'],
  outer: [7, 'at last', 'second'],
  local: 17,
});
stop = true;
outer(7, 'at last', 'second');
