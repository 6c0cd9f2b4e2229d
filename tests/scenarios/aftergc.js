'use strict';
// About ninety kinds of values in known numbers, garbage collected, with V8's own snapshot.
const { withSnapshot } = require('./_end.js');
const vm = require('vm');

class Foo { constructor(i) { this.id = i; this.name = 'foo-' + i; this.half = i + 0.5; this.self = this; } method() { return 1; } }
class Bar extends Foo { constructor(i) { super(i); this.x = null; this.y = undefined; this.z = true; } }
function OldStyle(i) { this.i = i; }
OldStyle.prototype.m = function () {};
class Big { constructor(i) { for (let k = 0; k < 40; k++) this['p' + k] = i * 100 + k; } }

const keep = {};
globalThis.keep = keep;
const many = (n, make) => Array.from({ length: n }, (_, i) => make(i));

keep.foos = many(10000, (i) => new Foo(i));
keep.bars = many(3000, (i) => new Bar(i));
keep.olds = many(2000, (i) => new OldStyle(i));
keep.bigs = many(50, (i) => new Big(i));
keep.nullProto = many(123, (i) => Object.assign(Object.create(null), { k: i }));
keep.dictionary = {};
for (let i = 0; i < 2000; i++) keep.dictionary['key' + i] = 'v' + i;
delete keep.dictionary.key5;
keep.literal = {
  a: 1, b: -5, c: 3.14, d: 'str', e: null, f: undefined, g: true, h: false, i: [1, 2, 3], j: { n: 1 },
  k: Symbol('symbol'), l: 123456789012345678901234567890n, m: -7n, n: function named(p, q) { return p + q; }, o: () => 1,
  p: new Date(1500000000000), q: /ab+c/gi, r: new Error('boom'), s: new TypeError('type'), t: NaN, u: -0, v: 2 ** 31, w: -(2 ** 31),
};
keep.accessors = { get v() { return 1; }, set v(x) {}, get readOnly() { return 2; } };
keep.arrays = {
  smi: [1, 2, 3], holeySmi: [1, , 3], double: [1.5, 2.5, -0.25], holeyDouble: [1.5, , 2.5], object: ['a', {}, null], holey: ['a', , 'b'],
  sparse: [], empty: [], frozen: Object.freeze([1, 2, 'x']), sealed: Object.seal([4, 5, 'y']), fixed: Object.preventExtensions([7, 8, 'z']),
};
keep.arrays.sparse[100000] = 1;
keep.arrays.sparse[5] = 'five';
keep.strings = {
  one: 'latin1 é', two: '日本語', cons: 'A'.repeat(20) + String(process.pid), sliced: ('x'.repeat(10) + 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' + 'y'.repeat(10)).slice(5, 40),
  empty: '', single: 'q', long: 'L'.repeat(300000),
};
keep.map = new Map([['a', 1], ['b', { x: 1 }], [3, 'three'], [keep.literal, 'object']]);
keep.map.set('gone', 1);
keep.map.delete('gone');
keep.set = new Set([1, 'two', 3.5, null]);
keep.bigMap = new Map(many(1000, (i) => ['k' + i, i]));
keep.weakKey = { weak: 1 };
keep.weakMap = new WeakMap([[keep.weakKey, { val: 'weak value' }]]);
keep.weakSet = new WeakSet([keep.weakKey]);
keep.weakRef = new WeakRef(keep.weakKey);
keep.registry = new FinalizationRegistry(() => {});
keep.registry.register(keep.weakKey, 'held');
keep.promises = { pending: new Promise(() => {}), resolved: Promise.resolve(42), rejected: Promise.reject(new Error('rejected')) };
keep.promises.rejected.catch(() => {});
keep.promises.chained = keep.promises.pending.then(function fulfilled() {}, function rejected() {});
keep.proxies = many(7, () => new Proxy({ target: 1 }, { get() { return 1; } }));
keep.binary = {
  small: Buffer.from('small'), big: Buffer.alloc(100000, 0x41), u8: new Uint8Array([1, 2, 3]), f64: new Float64Array([1.5, 2.5]), i32: new Int32Array(10000).fill(7),
  ab: new ArrayBuffer(64), sab: new SharedArrayBuffer(32), dv: new DataView(new ArrayBuffer(16), 4, 8), bi64: new BigInt64Array([1n, -2n]), sub: new Uint8Array([9, 8, 7, 6]).subarray(2),
};
function outer(p) { let captured = 'closure'; const obj = { inner: 1 }; let n = 42; return function inner() { return captured + obj.inner + n + p; }; }
keep.closures = many(500, (i) => outer('p' + i));
const locals = (make) => Array.from({ length: 100 }, (_, i) => make(i)).join('');
keep.manyLocals = eval(`(function () { ${locals((i) => `let v${i} = ${i};`)} return function manyInner() { return 0 ${locals((i) => `+ v${i}`)}; }; })`)();
keep.bound = function toBind() { return this; }.bind({ bound: 1 }, 'argument');
function* generate() { const local = 'generator'; yield local; yield 2; }
keep.generators = many(9, generate);
keep.generators.forEach((g) => g.next());
async function suspended() { const local = 'async'; await new Promise(() => {}); return local; }
keep.suspended = many(5, suspended);
keep.asyncGenerator = (async function* () { yield 1; })();
keep.wrappers = { number: new Number(7), string: new String('wrapped'), boolean: new Boolean(false), symbol: Object(Symbol('w')), bigint: Object(5n) };
keep.args = (function () { return arguments; })(1, 2, 3);

// Symbol.toStringTag in each of its places.
class TagGetter { get [Symbol.toStringTag]() { return 'NeverThis'; } }
class TagOnPrototype {}
Object.defineProperty(TagOnPrototype.prototype, Symbol.toStringTag, { value: 'OnPrototype' });
keep.tagGetters = many(11, () => new TagGetter());
keep.tagOnPrototypes = many(12, () => new TagOnPrototype());
keep.ownTags = many(13, (i) => ({ [Symbol.toStringTag]: 'OwnTag' + (i % 2) }));
keep.dictionaryTags = many(14, () => { const o = { a: 1, b: 2 }; o[Symbol.toStringTag] = 'DictionaryTag'; delete o.a; return o; });
keep.notStrings = many(15, () => ({ [Symbol.toStringTag]: 42 }));
keep.throughPrototype = many(16, () => Object.create({ [Symbol.toStringTag]: 'ThroughPrototype' }));

const Anonymous = (() => class {})();
keep.anonymous = many(77, () => new Anonymous());
keep.context = vm.createContext({ sandboxed: 1 });
vm.runInContext('class InContext { constructor() { this.q = 1; } } var inside = []; for (let i = 0; i < 55; i++) inside.push(new InContext());', keep.context);
keep.priv = many(6, () => new (class Private { #secret = 'hidden'; #method() {} pub = 1; })());
class Emitter extends require('events') {}
keep.emitters = many(8, () => new Emitter());
keep.symbolKeys = { [Symbol.iterator]: 1, [Symbol('local')]: 2, [Symbol.for('registered')]: 3 };
keep.stack = (function deep() { return new RangeError('with stack'); })();
void keep.stack.stack;
keep.cause = new Error('outer', { cause: keep.stack });
keep.intl = new Intl.NumberFormat('en');
keep.timer = setTimeout(() => {}, 100000);
keep.server = require('http').createServer(() => {});
keep.url = new URL('http://example.com/x?y=1');
keep.abort = new AbortController();
keep.indexed = { 0: 'zero', 1: 'one', foo: 'bar' };
keep.wasm = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
keep.instance = new WebAssembly.Instance(keep.wasm);
keep.memory = new WebAssembly.Memory({ initial: 1 });
keep.bigArray = new Array(200000).fill(0);
keep.bigObjects = many(50000, (i) => ({ index: i }));

// More shapes of objects: slack, elements, accessors, private methods, dictionaries, frozen ones.
class Grown { constructor(i) { for (let k = 0; k <= i; k++) this['late' + k] = k; } }
class Indexed { constructor(i) { this[0] = i; this[1] = 'one'; } }
class Accessors { get value() { return 1; } set value(v) {} }
class Deleted { constructor(i) { this.a = i; this.b = i; delete this.a; } }
keep.grown = many(40, (i) => new Grown(i));
keep.indexedClass = many(30, (i) => new Indexed(i));
keep.accessorClass = many(20, () => new Accessors());
keep.deleted = many(25, (i) => new Deleted(i));
keep.smallDictionary = { a: 1, b: 'two', c: 3.25, [Symbol('in dictionary')]: 4 };
delete keep.smallDictionary.a;
keep.sparseIndexed = { 3: 'three', 1000000: 'far' };
keep.thirty = Object.fromEntries(many(30, (i) => ['property' + i, i]));
keep.doubles = { x: 1.1, y: 2.2 };
keep.doubles.x = 9.75;
keep.integrity = [Object.freeze({ cold: 1 }), Object.seal({ shut: 1 }), Object.preventExtensions({ fixed: 1 })];
keep.moreArrays = { hole: [,], nested: [[[1]]], named: Object.assign([1], { extra: 'on an array' }), dictionary: Object.defineProperty([1, 2], 1, { get() { return 5; } }) };
keep.marker = 'AFTERGC_MARKER_STRING_0001';
const keyAtRunTime = 'made-at-run-time-' + process.pid + '-then-a-key';
keep.thinString = keyAtRunTime;
keep.thinKey = { [keyAtRunTime]: 1 };

// Subclasses of what is built in, iterators, kinds of arguments and of typed arrays, more of Intl.
class SubMap extends Map {}
class SubArray extends Array {}
class SubPromise extends Promise {}
class SubError extends Error { constructor(i) { super('number ' + i); this.code = i; } }
class SubTyped extends Uint8Array {}
keep.subMaps = many(15, (i) => new SubMap([[i, i]]));
keep.subArrays = many(16, (i) => SubArray.of(i, i));
keep.subPromises = many(17, () => new SubPromise(() => {}));
keep.subErrors = many(18, (i) => new SubError(i));
keep.subTyped = many(19, () => new SubTyped(3));
keep.iterators = [keep.map.entries(), keep.set.values(), [1, 2].values(), 'text'[Symbol.iterator](), 'a1b2'.matchAll(/[0-9]/g)];
keep.iterators.forEach((iterator) => iterator.next());
keep.emptyMap = new Map();
keep.sloppyArguments = new Function('a', 'b', 'a = 5; return arguments;')(1, 2, 3);
keep.mappedArguments = new Function('a', 'return [arguments, () => a];')(1);
keep.constructed = new Function('a', 'b', 'return a + b');
keep.typed = [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Uint32Array, Float32Array, BigUint64Array].map((Typed) => new Typed(3));
if (typeof Float16Array !== 'undefined') keep.typed.push(Float16Array.of(1.5));
keep.invalidDate = new Date(NaN);
keep.matched = /a(b+)c/.exec('xabbc');
keep.aggregate = new AggregateError([new Error('one'), new Error('two')], 'several');
keep.dateFormat = new Intl.DateTimeFormat('en');
keep.storage = new (require('async_hooks').AsyncLocalStorage)();
keep.channel = new MessageChannel();

// Names that are not where one expects them.
keep.tagOfNull = many(24, () => { const o = Object.create(null); o[Symbol.toStringTag] = 'TagOfNull'; return o; });
keep.ownConstructor = many(28, () => ({ constructor: Foo }));
const computed = 'Computed' + 'Name';
keep.computed = many(33, () => new ({ [computed]: class {} })[computed]());

// From V8 14 on a class counts by what its `name` is at run time, before by what the source says.
const dynamicNames = Number.parseInt(process.versions.v8, 10) >= 14;

// Bar.prototype is an object too, and V8 names it after the class it inherits from.
withSnapshot({
  counts: {
    Foo: 10001, Bar: 3000, OldStyle: 2000, Big: 50, InContext: 55, OnPrototype: 1, TagOnPrototype: 12, TagGetter: 11, OwnTag0: 7, OwnTag1: 6,
    DictionaryTag: 14, ThroughPrototype: 32, Emitter: 8, Private: 6, Grown: 40, Indexed: 30, Accessors: 20, Deleted: 25, SubMap: 15, SubArray: 16,
    SubPromise: 17, SubError: 18, SubTyped: 19, TagOfNull: 24, ...(dynamicNames ? { ComputedName: 33 } : {}),
  },
  atLeast: { Proxy: 7 },
});
