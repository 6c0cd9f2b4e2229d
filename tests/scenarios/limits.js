// node-flags: --max-old-space-size=1234 --max-semi-space-size=8
'use strict';
// Memory limits by flags, which go for all threads.
const v8 = require('v8');
const { asItIs } = require('./_end.js');
asItIs({ counts: {}, limits: [v8.getHeapStatistics().heap_size_limit] });
