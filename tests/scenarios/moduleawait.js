'use strict';
// A module that waits at its top level, one that imports it, and a context of vm.
const fs = require('fs');
const path = require('path');
const vm = require('vm');
const { asItIs } = require('./_end.js');
const inner = path.resolve('inner.mjs');
fs.writeFileSync(inner, 'export const ready = 1;\nglobalThis.inner = true;\n  await new Promise(() => {});\n');
fs.writeFileSync('outer.mjs', `import { ready } from ${JSON.stringify(inner)};\nglobalThis.outer = ready;\n`);
const context = vm.createContext({});
vm.runInContext('async function inVm() { await new Promise(() => {}); } globalThis.p = inVm();', context);
async function importer() { await import(path.resolve('outer.mjs')); }
importer();
setTimeout(() => asItIs({}), 100);
