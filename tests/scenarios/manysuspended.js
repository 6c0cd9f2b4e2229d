'use strict';
// Many calls that wait at one place, each for a timer of its own.
const { asItIs } = require('./_end.js');
const COUNT = 30000;
async function sleeper(i) { await new Promise((resolve) => setTimeout(resolve, 1e6)); return i; }
async function outer(i) { return await sleeper(i); }
for (let i = 0; i < COUNT; i++) outer(i);
setTimeout(() => asItIs({ count: COUNT }), 20);
