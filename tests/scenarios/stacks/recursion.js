'use strict';
// node-flags: --stack-size=3900
// Ten thousand frames, a little less than the stack holds. Ended by a signal: V8 takes ten seconds
// and more to print so many.
const seen = require('./_seen.js');
function last() { seen(new Error('seen')); process.kill(process.pid, 'SIGSEGV'); for (;;); }
function even(n) { return n === 0 ? last() : odd({ n: n - 1 }) + 1; }
const odd = (o) => o.n === 0 ? last() : even(o.n - 1) + 1;
setImmediate(function top() { even(10000); });
