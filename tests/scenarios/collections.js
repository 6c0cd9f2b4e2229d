'use strict';
// Built-in kinds in known numbers, far more than Node.js has of each itself.
const { withSnapshot } = require('./_end.js');
const many = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const keep = (globalThis.keep = {});
class Mine { constructor(i) { this.i = i; } }
keep.maps = many(1500, (i) => new Map([[i, new Mine(i)]]));
keep.sets = many(1400, (i) => new Set([i, String(i)]));
keep.weakMaps = many(1300, () => new WeakMap());
keep.weakSets = many(1200, () => new WeakSet());
keep.promises = many(1100, (i) => (i % 2 ? Promise.resolve(i) : new Promise(() => {})));
keep.proxies = many(100, (i) => new Proxy({ i }, {}));
keep.callableProxies = many(50, () => new Proxy(function target() {}, {}));
keep.dates = many(900, (i) => new Date(i * 1e6));
keep.regexps = many(800, (i) => new RegExp('re' + (i % 10)));
keep.buffers = many(700, (i) => new ArrayBuffer(i));
const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];
keep.typed = kinds.map((Kind, n) => many(100 + n, (i) => new Kind(i % 20)));
keep.nodeBuffers = many(300, (i) => Buffer.from('buffer ' + i));
keep.views = many(200, () => new DataView(new ArrayBuffer(8)));
keep.iterators = [many(60, () => new Map().entries()), many(61, () => new Set().values()), many(62, () => [][Symbol.iterator]())];
keep.formats = many(20, () => new Intl.NumberFormat('en'));
keep.wrappers = [many(40, (i) => new Number(i)), many(41, (i) => new String(i)), many(42, () => new Boolean(true)), many(43, () => Object(Symbol('s'))), many(44, (i) => Object(BigInt(i)))];
keep.errors = many(500, (i) => new RangeError('range ' + i));
keep.generators = many(70, () => (function* () { yield 1; })());
withSnapshot({ counts: { Mine: 1500 }, atLeast: { Proxy: 150, Map: 1500, Set: 1400, WeakMap: 1300, Promise: 1100, Date: 900, RegExp: 800 } });
