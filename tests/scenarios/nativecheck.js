// node-flags: --expose-internals
'use strict';
// Node's own C++ finds that it was called in a wrong way: a CHECK fails.
const { truth } = require('./_end.js');
truth({});
const { internalBinding } = require('internal/test/binding');
function callsWrongly() { internalBinding('fs').internalModuleStat(); }
callsWrongly();
