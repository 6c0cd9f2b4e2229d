'use strict';
// 20,000 distinct Maps: every object has a property of its own name.
const { withSnapshot } = require('./_end.js');
class Shape { constructor(i) { this.common = 1; this['own' + i] = i; } }
globalThis.keep = Array.from({ length: 20000 }, (_, i) => new Shape(i));
withSnapshot({ counts: { Shape: 20000 } });
