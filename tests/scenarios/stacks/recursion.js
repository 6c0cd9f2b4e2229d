'use strict';
// node-flags: --stack-size=3900
// Thousands of frames, a little less than the stack holds. The argument: how often before.
let armed = false;
function even(n, o) { return n === 0 ? (armed ? undefined.thing : 0) : odd(n - 1, { n }) + 1; }
const odd = (n, o) => o.n === 0 ? 0 : even(n - 1, o) + 1;
for (let i = 0; i < Number(process.argv[2] || 0); i++) even(100, {});
setImmediate(function top() { armed = true; even(10000, {}); });
