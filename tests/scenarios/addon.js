'use strict';
// Loads an addon that ends the process; the argument is its path (tests/dumps/addon.py).
const { truth } = require('./_end.js');
truth({});
function load(path) { process.dlopen({ exports: {} }, path); }
[process.argv[2]].map(function loading(path) { load(path); });
