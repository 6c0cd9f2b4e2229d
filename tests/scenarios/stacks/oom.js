'use strict';
// node-flags: --max-old-space-size=50
// The heap limit. The innermost function allocates until there is no more.
const seen = require('./_seen.js');
const kept = [];
function fill() { seen(new Error('seen')); for (let i = 0; ; i++) kept.push(new Array(100).fill(i)); }
class Cache { load() { return [1].map((x) => fill(x)); } }
setTimeout(function refresh() { new Cache().load(); }, 1);
