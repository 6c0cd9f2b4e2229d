'use strict';
// node-flags: --min-semi-space-size=32 --max-semi-space-size=32
// Strings that are held and strings that are not, a hundred of each of seven contents: `held-x-0` to
// 6 and `gone-x-0` to 6. No collection runs.
const { asItIs } = require('./_end.js');
globalThis.kept = [];
const made = (what, i) => `${what}-x-${i % 7}`; // short, so stored in one piece
setTimeout(() => {
  (() => {
    for (let i = 0; i < 700; i++) { kept.push(made('held', i)); made('gone', i); }
  })();
  setTimeout(() => asItIs({ contents: 7, each: 100 }), 5);
}, 5);
