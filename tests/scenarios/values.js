'use strict';
// node-flags: --no-warnings --stack-trace-limit=12
// Every kind of value that V8 has a shape for, each once, under one root object whose first
// property is a marker string. What JavaScript can see of each is written to truth.json by
// `describe`; what it can't see (closure variables, queue entries, …) is said by hand.
const fs = require('fs');
const { stop } = require('./_end.js');
const vm = require('vm');
const v8 = require('v8');
const util = require('util');

const values = {};
const truth = {
  values: {},
  version: process.version,
  pid: process.pid,
  process: Object.fromEntries(['version', 'arch', 'platform', 'execPath', 'argv', 'execArgv', 'versions', 'release'].map((name) => [name, process[name]])),
};

/** A number by its bits: JSON has no -0, NaN or Infinity. */
function bits(number) {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleBE(number);
  return buffer.toString('hex');
}

function describe(value, depth) {
  switch (typeof value) {
    case 'undefined': return { t: 'undefined' };
    case 'boolean': return { t: 'boolean', v: value };
    case 'number': return { t: 'number', v: bits(value) };
    case 'bigint': return { t: 'bigint', v: value.toString(16) };
    case 'symbol': return { t: 'symbol', v: value.description === undefined ? null : value.description };
    case 'string':
      if (value.length <= 3000) return { t: 'string', v: value };
      return { t: 'string', length: value.length, head: value.slice(0, 100), tail: value.slice(-100) };
    case 'function': {
      const out = { t: 'function' };
      if (depth > 0 && !util.types.isProxy(value)) Object.assign(out, contents(value, depth));
      return out;
    }
  }
  if (value === null) return { t: 'null' };
  const out = { t: 'object' };
  if (depth > 0 && !util.types.isProxy(value)) Object.assign(out, contents(value, depth));
  return out;
}

const isIndex = (key) => typeof key === 'string' && String(key >>> 0) === key && (key >>> 0) !== 0xffffffff;

/** Own properties as [key, isSymbol, writable, enumerable, configurable, value or 'accessor']. */
function contents(object, depth) {
  const properties = [];
  const elements = [];
  let count = 0;
  const typed = ArrayBuffer.isView(object) && !(object instanceof DataView);
  const keys = Reflect.ownKeys(object);
  for (const key of keys) {
    if (typed && isIndex(key)) {
      if (count++ < 40) elements.push([Number(key), describe(object[key], 0)]);
      continue;
    }
    const p = Reflect.getOwnPropertyDescriptor(object, key);
    const accessor = !('value' in p);
    const shown = accessor ? 'accessor' : describe(p.value, depth - 1);
    if (isIndex(key)) {
      if (count++ < 40) elements.push([Number(key), shown, p.writable === true, p.enumerable, p.configurable]);
      continue;
    }
    const name = typeof key === 'symbol' ? key.description === undefined ? null : key.description : key;
    if (properties.length < 60) {
      properties.push([name, typeof key === 'symbol', accessor ? null : p.writable, p.enumerable, p.configurable, shown]);
    }
  }
  return { properties, elements, elementCount: count };
}

/** Adds `value` under `name`; `extra` is what reflection can't tell, checked by name. */
function add(name, value, extra = {}, depth = 2) {
  if (name in values) throw new Error(`twice: ${name}`);
  values[name] = value;
  truth.values[name] = Object.assign({ d: depth }, describe(value, depth), extra);
}

/** Adds what `make` gives, if this Node.js has it. */
function maybe(name, make, extra, depth) {
  let value;
  try { value = make(); } catch { return; }
  if (value !== undefined) add(name, value, extra, depth);
}

const digits = String(process.pid); // text that the compiler can't know

// Numbers.
add('num.zero', 0); add('num.one', 1); add('num.minusOne', -1);
add('num.smiMax', 2 ** 31 - 1); add('num.smiMin', -(2 ** 31));
add('num.aboveSmi', 2 ** 31); add('num.belowSmi', -(2 ** 31) - 1);
add('num.minusZero', -0); add('num.nan', NaN); add('num.infinity', Infinity);
add('num.minusInfinity', -Infinity); add('num.tiny', Number.MIN_VALUE);
add('num.safe', Number.MAX_SAFE_INTEGER); add('num.tenth', 0.1); add('num.max', Number.MAX_VALUE);
add('big.zero', 0n); add('big.small', -7n); add('big.digit', 2n ** 64n - 1n);
add('big.two', -(2n ** 64n)); add('big.long', 3n ** 700n);
add('bool.true', true); add('bool.false', false); add('null', null); add('undefined', undefined);

// Strings.
add('str.empty', '', { shape: 'seq' });
add('str.char', 'q'); add('str.latin1', 'h\u00e9llo w\u00f6rld \u00ff');
add('str.twoByte', '\u65e5\u672c\u8a9e\u30c6\u30ad\u30b9\u30c8'); add('str.astral', 'a\u{1f600}b\u{1f468}\u200d\u{1f469}');
add('str.loneSurrogate', 'x\ud83dy\ude00z'); add('str.control', 'nul\0 tab\t line\n quote" back\\');
add('str.numeric', '1234567'); add('str.json', '{"a":[1,2,{"b":null}]}');
add('str.long', 'L'.repeat(300000));
add('str.seq', Buffer.from('sequential one byte ' + digits).toString('latin1'), { shape: 'seq' });
add('str.seqTwo', Buffer.from('sequ\u4e00ntial two byte ' + digits, 'utf16le').toString('utf16le'), { shape: 'seq' });
add('str.cons', 'A left part of more than twelve '.slice(1) + digits, { shape: 'cons' });
add('str.consMixed', 'latin1 part before ' + digits + ' \u4e16\u754c ' + digits, { shape: 'cons' });
let deep = 'start '; for (let i = 0; i < 20000; i++) deep += 'ab' + (i % 10);
let deepText = 'start '; deepText = [deepText].concat(Array.from({ length: 20000 }, (_, i) => 'ab' + (i % 10))).join('');
add('str.consDeepLeft', null); values['str.consDeepLeft'] = deep;
truth.values['str.consDeepLeft'] = { d: 0, t: 'string', length: deepText.length, head: deepText.slice(0, 100), tail: deepText.slice(-100), shape: 'cons' };
let right = ' end'; for (let i = 0; i < 5000; i++) right = 'cd' + (i % 10) + right;
const rightText = Array.from({ length: 5000 }, (_, i) => 'cd' + (4999 - i) % 10).join('') + ' end';
add('str.consDeepRight', null); values['str.consDeepRight'] = right;
truth.values['str.consDeepRight'] = { d: 0, t: 'string', length: rightText.length, head: rightText.slice(0, 100), tail: rightText.slice(-100), shape: 'cons' };
const flat = 'to be flattened, this is more than thirteen ' + digits; /x/.test(flat);
add('str.consFlat', flat);
const parent = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz ' + digits).toString('latin1');
add('str.sliced', parent.slice(5, 30), { shape: 'sliced' });
add('str.slicedSliced', parent.slice(5, 30).slice(3, 20), { shape: 'sliced' });
add('str.slicedTwo', values['str.seqTwo'].slice(2, 20), { shape: 'sliced' });
const thin = 'thin-string-of-' + digits + '-made-a-key'; const thinHolder = {}; thinHolder[thin] = 1;
add('str.thin', thin); add('str.thinHolder', thinHolder);
add('str.internalized', 'an_identifier_like_text', { shape: 'seq', internalized: true });
const external = Buffer.alloc(1100000, 'external ').toString('latin1');
add('str.external', external, { shape: 'external' });
add('str.externalTwo', Buffer.alloc(2200000, 'wide \u4e00', 'utf16le').toString('utf16le'), { shape: 'external' });
add('str.slicedExternal', external.slice(1000, 1100), { shape: 'sliced' });
maybe('str.externalStatic', () => {
  const { emitWarning } = process; process.emitWarning = () => {};
  try { return process.binding('natives').util; } finally { process.emitWarning = emitWarning; }
});
maybe('str.uncached', () => {
  v8.setFlagsFromString('--expose-externalize-string');
  const outside = vm.createContext({ text: Buffer.from('ext' + digits).toString('latin1') });
  return vm.runInContext('externalizeString(text); text', outside);
});

// Symbols.
add('sym.local', Symbol('a local symbol')); add('sym.none', Symbol()); add('sym.empty', Symbol(''));
add('sym.registered', Symbol.for('registered.symbol')); add('sym.wellKnown', Symbol.iterator);

// Plain objects.
add('obj.empty', {}); add('obj.literal', { a: 1, b: -5, c: 3.14, d: 'str', e: null, f: undefined, g: true });
const bare = Object.create(null); bare.k = 1; add('obj.nullProto', bare, { proto: null });
const many = {}; for (let i = 0; i < 40; i++) many['p' + i] = i; add('obj.many', many);
const dict = {}; for (let i = 0; i < 50; i++) dict['key' + i] = 'v' + i; delete dict.key3; delete dict.key7; dict.key3 = 'again';
add('obj.dictionary', dict);
const huge = {}; for (let i = 0; i < 1500; i++) huge['h' + i] = i; add('obj.huge', huge);
const trimmed = { a: 1, b: 2, c: 3 }; delete trimmed.c; add('obj.deletedLast', trimmed);
add('obj.accessors', { get both() { return 1; }, set both(v) {}, get ro() { return 2; }, set wo(v) {}, plain: 3 });
const flags = {};
for (let i = 0; i < 8; i++) Object.defineProperty(flags, 'f' + i, { value: i, writable: !!(i & 1), enumerable: !!(i & 2), configurable: !!(i & 4) });
add('obj.attributes', flags);
const slowFlags = { gone: 1 }; delete slowFlags.gone; for (let i = 0; i < 40; i++) slowFlags['x' + i] = i; delete slowFlags.x0;
for (let i = 0; i < 8; i++) Object.defineProperty(slowFlags, 'f' + i, { value: i, writable: !!(i & 1), enumerable: !!(i & 2), configurable: !!(i & 4) });
Object.defineProperty(slowFlags, 'acc', { get() { return 1; }, enumerable: true, configurable: true });
add('obj.slowAttributes', slowFlags);
add('obj.frozen', Object.freeze({ a: 1, 2: 'two', b: {} })); add('obj.sealed', Object.seal({ a: 1, 3: 'three' }));
add('obj.nonExtensible', Object.preventExtensions({ a: 1, 4: 4.5 }));
add('obj.symbols', { [Symbol.iterator]: 1, z: 0, [Symbol('local')]: 2, [Symbol.for('registered')]: 3, [Symbol()]: 4, y: 9 });
add('obj.indexed', { b: 1, 10: 'ten', 2: 'two', a: 2, '-1': 'minus', 1.5: 'frac', 4294967295: 'not an index', 4294967294: 'last' });
const double = { x: 1.1, y: 2.2 }; double.x = 9.75; double.y = -0; add('obj.doubles', double);
const generalised = { v: 1 }; generalised.v = 2.5; generalised.v = 'text'; add('obj.generalised', generalised);
add('obj.ownProto', JSON.parse('{"__proto__": 5, "": "empty key", "\u4e2d": "wide key", "line\\n": 1}'));
const heir = Object.create({ inherited: 1 }); heir.own = 2; add('obj.heir', heir);
class Point { constructor(x, y) { this.x = x; this.y = y; } norm() { return this.x; } }
class Point3 extends Point { constructor(x, y, z) { super(x, y); this.z = z; } }
add('obj.class', new Point(1, 2.5), { constructorName: 'Point' });
add('obj.subclass', new Point3(1, 2, 3), { constructorName: 'Point' });
add('obj.slack', Array.from({ length: 20 }, (_, i) => new Point(i, i))[19]);
class Secret { #hidden = 'hidden text'; #count = 3; pub = 1; #method() {} static #s = 9; reveal() { return this.#hidden + this.#count + this.#method; } }
add('obj.private', new Secret(), { private: { '#hidden': { t: 'string', v: 'hidden text' }, '#count': { t: 'number', v: bits(3) } } });
class Fields { a = 1; 'quoted key' = 2; [Symbol.toStringTag] = 'Tagged'; static st = 4; } add('obj.fields', new Fields());
add('obj.nested', { a: { b: { c: { d: 1 } } } }, {}, 4);
const cycle = { name: 'cycle' }; cycle.self = cycle; add('obj.cycle', cycle);
function Old(n) { this.n = n; } Old.prototype.m = function() {}; add('obj.old', new Old(5), { constructorName: 'Old' });
add('obj.prototype', Point.prototype);
add('obj.slowProtoChain', Object.create(dict));

// Arrays.
const A = (name, array, kind, extra) => add('arr.' + name, array, Object.assign({ length: array.length }, kind ? { elementsKind: kind } : {}, extra));
A('empty', []); A('smi', [1, 2, 3], 'PACKED_SMI'); A('double', [1.5, -2.5, -0, NaN, Infinity], 'PACKED_DOUBLE');
A('holeySmi', [1, , 3], 'HOLEY_SMI'); A('holeyDouble', [1.5, , NaN, -0, ,], 'HOLEY_DOUBLE');
A('objects', ['a', {}, null, undefined, 5], 'PACKED'); A('holeyObjects', ['a', , 'b'], 'HOLEY');
A('frozen', Object.freeze([1, 2, 'x'])); A('sealed', Object.seal([4, 5, 'y'])); A('nonExtensible', Object.preventExtensions([7, 8, 'z']));
A('frozenDouble', Object.freeze([1.5, 2.5])); A('holeyFrozen', Object.freeze([1, , 'x'])); A('holeySealed', Object.seal([1, , 'x']));
const sparse = []; sparse[100000] = 1; sparse[5] = 'five'; sparse[1e9] = 2.5; A('sparse', sparse, 'DICTIONARY');
const maxi = []; maxi[4294967294] = 'last'; A('longest', maxi, 'DICTIONARY');
A('lengthOnly', new Array(5)); A('bigHoley', new Array(2000).fill(7, 0, 3));
const accessorElements = [1, 2, 3]; Object.defineProperty(accessorElements, 1, { get() { return 5; }, enumerable: true, configurable: true });
Object.defineProperty(accessorElements, 2, { value: 9, writable: false, enumerable: false, configurable: false }); A('accessorElements', accessorElements, 'DICTIONARY');
const extraNamed = [1, 2]; extraNamed.named = 'yes'; extraNamed[Symbol('s')] = 1; A('named', extraNamed);
class List extends Array { extra = 1; } A('subclass', List.from(['a', 'b']), null, { constructorName: 'Array' });
const popped = []; for (let i = 0; i < 20; i++) popped.push({ i }); for (let i = 0; i < 15; i++) popped.pop(); A('popped', popped);
const shifted = []; for (let i = 0; i < 100; i++) shifted.push(i); for (let i = 0; i < 40; i++) shifted.shift(); A('shifted', shifted);
A('nested', [[1], [[2]], []]); A('thousand', Array.from({ length: 1000 }, (_, i) => i * 1.5)); A('bigints', [1n, -1n]);
const readOnlyLength = [1, 2]; Object.defineProperty(readOnlyLength, 'length', { writable: false }); A('readOnlyLength', readOnlyLength);
A('match', /(?<first>a)(b)?/.exec('xab')); A('template', ((s) => s)`a${1}b\n`);

// arguments.
const sloppy = new Function('a', 'b', 'a = "changed"; globalThis.keepScope = () => a + b; return arguments;');
add('args.sloppy', sloppy(1, 'two', 3.5), { length: 3 });
add('args.strict', (function() { return arguments; })(1, 2), { length: 2 });
add('args.none', (function() { return arguments; })(), { length: 0 });
add('args.unmapped', new Function('a', 'b', 'delete arguments[0]; arguments[1] = 9; b = 7; return [arguments, () => a + b];')(1, 2, 3)[0]);
add('args.slow', new Function('a', 'b', 'arguments[10000000] = 1; Object.defineProperty(arguments, 2, { get() { return 0; }, configurable: true }); b = 8; return [arguments, () => a + b];')(1, 2, 3)[0]);
add('args.noParameters', new Function('return arguments;')('x', 'y'), { length: 2 });

// Binary data.
const T = (name, view, extra) => add('bin.' + name, view, Object.assign({ class: view.constructor.name, length: view.length, byteLength: view.byteLength, byteOffset: view.byteOffset }, extra), 1);
for (const C of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, globalThis.Float16Array]) {
  if (!C) continue;
  const numbers = C.name.startsWith('Big') ? [1n, -2n, 2n ** 63n] : C.name.startsWith('Float') ? [1.5, -0, NaN, Infinity] : [1, 200, -3, 70000];
  T('on.' + C.name, new C(numbers));
  T('off.' + C.name, new C(200).fill(numbers[1]));
  if (ArrayBuffer.prototype.resize) {
    const tracking = new C(new ArrayBuffer(16, { maxByteLength: 64 })); tracking.set(numbers.slice(0, tracking.length));
    T('resizable.' + C.name, tracking, { tracking: true });
  }
}
T('empty', new Uint8Array(0)); T('subarray', new Uint16Array([9, 8, 7, 6, 5, 4]).subarray(2, 5));
T('offset', new Int32Array(new ArrayBuffer(64), 8, 4).fill(-7));
T('shared', new Uint8Array(new SharedArrayBuffer(16)).fill(5));
T('buffer.pooled', Buffer.from('small buffer data')); T('buffer.big', Buffer.alloc(100000, 0x41)); T('buffer.empty', Buffer.alloc(0));
const B = (name, buffer, extra) => add('bin.' + name, buffer, Object.assign({ byteLength: buffer.byteLength }, extra));
const filled = new ArrayBuffer(12); new Uint8Array(filled).set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
B('arrayBuffer', filled, { bytes: '0102030405060708090a0b0c', shared: false });
B('arrayBuffer.empty', new ArrayBuffer(0), { bytes: '', shared: false });
const sab = new SharedArrayBuffer(4); new Uint8Array(sab).set([9, 8, 7, 6]); B('sharedArrayBuffer', sab, { bytes: '09080706', shared: true });
if (ArrayBuffer.prototype.resize) {
  const resizable = new ArrayBuffer(8, { maxByteLength: 32 }); const tracking = new Uint8Array(resizable); resizable.resize(12); tracking.fill(3);
  B('arrayBuffer.resizable', resizable, { maxByteLength: 32, bytes: '03'.repeat(12) });
  T('lengthTracking', tracking, { tracking: true }); T('lengthTracking.offset', new Uint16Array(resizable, 4), { tracking: true });
  T('onResizable', new Uint8Array(resizable, 2, 4));
  add('bin.dataView.tracking', new DataView(resizable, 3), { byteOffset: 3, byteLength: 9 });
  const growable = new SharedArrayBuffer(4, { maxByteLength: 64 }); growable.grow(6); B('sharedArrayBuffer.growable', growable, { maxByteLength: 64, shared: true });
  T('lengthTracking.shared', new Uint8Array(growable).fill(2), { tracking: true });
  const shrunk = new ArrayBuffer(16, { maxByteLength: 16 }); const outside = new Uint8Array(shrunk, 8, 8); shrunk.resize(4);
  T('outOfBounds', outside, { class: 'Uint8Array', byteOffset: undefined });
}
const doomed = new ArrayBuffer(8); const orphan = new Uint8Array(doomed); structuredClone(doomed, { transfer: [doomed] });
B('arrayBuffer.detached', doomed, { detached: true }); T('detached', orphan, { detached: true, byteOffset: undefined });
add('bin.dataView', new DataView(filled, 4, 6), { byteOffset: 4, byteLength: 6 });

// Collections.
const entries = (map) => [...map].map(([k, v]) => [describe(k, 1), describe(v, 1)]).slice(0, 50);
const members = (set) => [...set].map((k) => describe(k, 1)).slice(0, 50);
const M = (name, map) => add('col.' + name, map, { size: map.size, entries: entries(map) });
const S = (name, set) => add('col.' + name, set, { size: set.size, members: members(set) });
M('map.empty', new Map()); M('map', new Map([['a', 1], ['b', { x: 1 }], [3, 'three'], [{ k: 1 }, 'objkey'], [NaN, 0], [-0, 'zero'], [undefined, null], [1n, 2n]]));
const deleted = new Map([['a', 1], ['b', 2], ['c', 3], ['d', 4]]); deleted.delete('b'); deleted.set('e', 5); M('map.deleted', deleted);
const bigMap = new Map(); for (let i = 0; i < 1000; i++) bigMap.set('k' + i, i); for (let i = 0; i < 300; i++) bigMap.delete('k' + i); M('map.big', bigMap);
S('set.empty', new Set()); S('set', new Set([1, 'two', 3.5, null, { s: 1 }, 5n])); const setDeleted = new Set([1, 2, 3]); setDeleted.delete(1); S('set.deleted', setDeleted);
class Registry extends Map { constructor() { super([['sub', 'class']]); this.own = 1; } } M('map.subclass', new Registry());
const cleared = new Map([[1, 2]]); cleared.clear(); M('map.cleared', cleared);
const step = (iterator, n) => { for (let i = 0; i < n; i++) iterator.next(); return iterator; };
const source = new Map([['a', 1], ['b', 2], ['c', 3]]); const sourceSet = new Set(['x', 'y', 'z']);
add('it.map.keys', step(source.keys(), 1), { iterates: 'map', mode: 'keys', index: 1 });
add('it.map.values', step(source.values(), 0), { iterates: 'map', mode: 'values', index: 0 });
add('it.map.entries', step(source.entries(), 2), { iterates: 'map', mode: 'entries', index: 2 });
add('it.map.done', step(source.keys(), 9), { iterates: 'map', mode: 'keys', done: true });
add('it.set.values', step(sourceSet.values(), 2), { iterates: 'set', mode: 'values', index: 2 });
add('it.set.entries', step(sourceSet.entries(), 1), { iterates: 'set', mode: 'entries', index: 1 });
add('it.array.values', step([1, 2, 3].values(), 1), { iterates: 'array', mode: 'values', index: 1 });
add('it.array.keys', step([1, 2, 3].keys(), 2), { iterates: 'array', mode: 'keys', index: 2 });
add('it.array.entries', step(new Uint8Array(3).entries(), 0), { iterates: 'array', mode: 'entries', index: 0 });
add('it.array.done', step([1].values(), 5), { iterates: 'array', mode: 'values', done: true });
add('it.string', step('h\u00e9llo'[Symbol.iterator](), 2), { iterates: 'string', text: 'h\u00e9llo', index: 2 });
add('it.regexp', 'a1b2'.matchAll(/\d/g), { iterates: 'regexp', text: 'a1b2' });
maybe('it.helper', () => [1, 2, 3].values().map((x) => x * 2));
maybe('it.wrap', () => Iterator.from({ next() { return { done: true }; } }));
const key = { key: 1 }; const other = { other: 1 }; values.keepKey = key; values.keepOther = other;
truth.values.keepKey = Object.assign({ d: 2 }, describe(key, 2)); truth.values.keepOther = Object.assign({ d: 2 }, describe(other, 2));
add('weak.map', new WeakMap([[key, { val: 'weak value' }], [other, 5]]), { entries: [[describe(key, 1), describe({ val: 'weak value' }, 1)], [describe(other, 1), describe(5, 1)]] });
add('weak.set', new WeakSet([key, other]), { members: [describe(key, 1), describe(other, 1)] });
add('weak.map.empty', new WeakMap(), { entries: [] });
add('weak.ref', new WeakRef(key), { target: describe(key, 1) });
const registry = new FinalizationRegistry(function cleanup() {}); registry.register(key, 'held value', other); registry.register(other, { held: 2 });
add('weak.registry', registry, { cleanup: 'cleanup', cells: [[describe(key, 1), { t: 'string', v: 'held value' }, describe(other, 1)], [describe(other, 1), describe({ held: 2 }, 1), { t: 'undefined' }]] });

// Dates, regular expressions.
const D = (name, date) => add('date.' + name, date, { time: bits(date.getTime()) });
D('plain', new Date(1500000000123)); D('epoch', new Date(0)); D('negative', new Date(-62135596800000)); D('invalid', new Date(NaN));
const touched = new Date(1700000000000); touched.getHours(); D('touched', touched);
const R = (name, regexp) => add('re.' + name, regexp, { source: regexp.source, flags: regexp.flags, lastIndex: regexp.lastIndex });
R('plain', /ab+c/); R('flags', /x/gimsuy); R('indices', /y/d); R('escaped', new RegExp('a/b\n[/]')); const moved = /a/g; moved.exec('bbba'); R('moved', moved);
R('empty', new RegExp('')); R('groups', /(?<year>\d{4})-(?<month>\d\d)/u); const customized = /z/; customized.extra = 1; R('extra', customized);
maybe('re.v', () => { const r = new RegExp('[\\p{L}--a]', 'v'); return r; }, { source: '[\\p{L}--a]', flags: 'v', lastIndex: 0 });

// Errors. The stack is read of some, so that V8 formats it.
const E = (name, error, extra) => add('err.' + name, error, Object.assign({ message: error.message }, extra));
function thrower() { return new RangeError('made in thrower'); }
const read = (function outerFrame() { return thrower(); })(); const readStack = read.stack;
E('read', read, { stack: readStack });
const unread = (function unreadFrame() { return new TypeError('not read'); })();
values['err.unread'] = unread; truth.values['err.unread'] = { d: 0, t: 'object', message: 'not read', frames: ['unreadFrame'] };
// Two errors made by one line: of the first the stack is read, the second must tell the same.
const twins = [0, 1].map(function twin() { return new Error('twin'); });
values['err.twin'] = twins[1]; truth.values['err.twin'] = { d: 0, t: 'object', places: twins[0].stack.split('\n').slice(1) };
class Made { constructor() { this.error = new Error('in constructor'); } } const made = [0, 1].map(() => new Made().error);
values['err.constructed'] = made[1]; truth.values['err.constructed'] = { d: 0, t: 'object', places: made[0].stack.split('\n').slice(1) };
E('cause', new Error('outer', { cause: read }), { cause: true }); E('aggregate', new AggregateError([new Error('a'), 1], 'several'), { errors: 2 });
E('noMessage', new Error(), {}); class Custom extends Error { constructor() { super('custom message'); this.code = 'E_CUSTOM'; this.name = 'Custom'; } }
E('custom', new Custom()); Error.stackTraceLimit = 0; E('noFrames', new EvalError('none')); Error.stackTraceLimit = 12;
let system; try { fs.readFileSync('/nonexistent/file'); } catch (error) { system = error; } E('system', system, { code: 'ENOENT' });
const captured = { captured: 1 }; Error.captureStackTrace(captured); values['err.captured'] = captured; truth.values['err.captured'] = { d: 0, t: 'object' };
E('dom', new DOMException('dom message', 'AbortError'), { skipMessage: true }); let overflow; (function recurse() { try { recurse(); } catch (error) { overflow = overflow || error; } })(); E('overflow', overflow);
E('syntax', (() => { try { new Function('('); } catch (error) { return error; } })()); E('uri', new URIError('u')); E('reference', new ReferenceError('r'));
const deletedStack = new Error('stack deleted'); delete deletedStack.stack; E('deletedStack', deletedStack);
const wide = new Error('wide \u4e2d'); E('wide', wide);

// Promises, proxies, functions.
const reject = Promise.reject(new Error('rejected')); reject.catch(() => {});
const pending = new Promise(() => {}); const chained = pending.then(function onFulfilled() {}, function onRejected() {});
add('promise.pending', pending, { state: 'pending', reactions: [['onFulfilled', 'onRejected']] }); add('promise.fulfilled', Promise.resolve({ v: 42 }), { state: 'fulfilled', result: describe({ v: 42 }, 1) });
add('promise.smi', Promise.resolve(7), { state: 'fulfilled', result: describe(7, 1) }); add('promise.rejected', reject, { state: 'rejected' }); add('promise.chained', chained, { state: 'pending' });
const fan = new Promise(() => {}); fan.then(function first() {}); fan.then(function second() {}); add('promise.fan', fan, { state: 'pending', reactions: [['first', null], ['second', null]] });
async function asyncFunction(parameter) { const local = 'async local'; await fan2; return local + parameter; } const fan2 = new Promise(() => {});
add('promise.async', asyncFunction('p'), { state: 'pending' }); add('promise.awaited', fan2, { state: 'pending', awaitedBy: 'asyncFunction' });
add('proxy.object', new Proxy({ target: 1 }, { get() { return 1; } }), { proxyTarget: describe({ target: 1 }, 1), handlerKeys: ['get'], callable: false });
add('proxy.function', new Proxy(function proxied() {}, {}), { handlerKeys: [], callable: true });
const revocable = Proxy.revocable({}, {}); revocable.revoke(); add('proxy.revoked', revocable.proxy, { revoked: true });
const whole = fs.readFileSync(__filename, 'utf8');
const F = (name, fn, extra) => {
  const source = Function.prototype.toString.call(fn);
  const facts = { source: source.slice(0, 4000) };
  // V8 says that a function is where its parameters begin, of a class those of its constructor.
  const at = source.startsWith('class') ? source.indexOf('constructor(') + 11 : source.indexOf('(');
  const once = whole.indexOf(source) >= 0 && whole.indexOf(source) === whole.lastIndexOf(source);
  if (once && source[at] === '(' && !source.includes('=>') && name !== 'evaluated') {
    const before = whole.slice(0, whole.indexOf(source) + at).split('\n');
    facts.place = [__filename, before.length, before[before.length - 1].length + 1];
  }
  add('fn.' + name, fn, Object.assign(facts, extra), 1);
};
function declared(a, b) { return a + b; } F('declared', declared, { debugName: 'declared', kind: 'NormalFunction', parameters: 2 });
const arrow = (x) => x * 2; F('arrow', arrow, { debugName: 'arrow', kind: 'ArrowFunction', parameters: 1 });
F('async', asyncFunction, { debugName: 'asyncFunction', kind: 'AsyncFunction', parameters: 1 }); F('asyncArrow', async () => 1, { kind: 'AsyncArrowFunction' });
function* gen() { const gv = 'generator variable'; yield gv; yield 2; } async function* agen() { yield 1; }
F('generator', gen, { debugName: 'gen', kind: 'GeneratorFunction' }); F('asyncGenerator', agen, { debugName: 'agen', kind: 'AsyncGeneratorFunction' });
F('method', ({ concise() { return 1; } }).concise, { debugName: 'concise', kind: 'ConciseMethod' });
F('getter', Object.getOwnPropertyDescriptor({ get prop() { return 1; } }, 'prop').get, { debugName: 'get prop', kind: 'GetterFunction' });
F('setter', Object.getOwnPropertyDescriptor({ set prop(v) {} }, 'prop').set, { debugName: 'set prop', kind: 'SetterFunction' });
F('class', Point, { debugName: 'Point', isClass: true }); F('derivedClass', Point3, { debugName: 'Point3', isClass: true });
F('classStatic', class WithStatic { static s() { return 1; } static field = 5; }, { debugName: 'WithStatic', isClass: true }); const nameless = [() => function() { return 'anonymous'; }][0](); F('anonymous', nameless, { debugName: '' });
const holder = {}; holder.path = { deep: function() { return 'inferred'; } }; F('named', holder.path.deep, { debugName: 'deep' });
holder.assigned = function() { return 'assigned'; }; F('inferred', holder.assigned, { debugName: 'holder.assigned' });
add('fn.builtin', Math.max, { debugName: 'max', builtin: true }, 1); F('evaluated', (0, eval)('(function evaluated(q) { return q; })'), { debugName: 'evaluated' });
F('constructed', new Function('a', 'b', 'return a * b'), { debugName: '' });
const renamed = function original() { return 1; }; Object.defineProperty(renamed, 'name', { value: 'renamed' }); F('renamed', renamed, { debugName: 'original' });
const withProps = function props() { return 2; }; withProps.custom = { a: 1 }; F('props', withProps, { debugName: 'props' });
const boundTarget = function toBind(a) { return this; }; const bound = boundTarget.bind({ bt: 1 }, 'barg', 2);
add('fn.bound', bound, { boundTarget: 'toBind', boundThis: describe({ bt: 1 }, 1), boundArgs: [describe('barg', 1), describe(2, 1)] }); add('fn.boundTwice', bound.bind(null), { boundTarget: 'bound toBind', boundArgs: [] });
function outer(p1) { let closureVar = 'closure value'; const object = { inner: 1 }; let n = 42; let d = 1.25; let unset; function bump() { d += 1; n++; unset = n; } bump(); return function innerFunction() { return closureVar + object.inner + n + p1 + d + unset; }; }
F('closure', outer('parameter value'), { debugName: 'innerFunction', context: { p1: describe('parameter value'), closureVar: describe('closure value'), object: describe({ inner: 1 }, 1), n: describe(43), d: describe(2.25), unset: describe(43) } });
const manyNames = '(function() {' + Array.from({ length: 100 }, (_, i) => `let cv${i} = ${i};`).join('') + 'return function manyInner() { return ' + Array.from({ length: 100 }, (_, i) => `cv${i}`).join(' + ') + '; } })';
F('manyVariables', eval(manyNames)(), { debugName: 'manyInner', context: { cv0: describe(0), cv42: describe(42), cv99: describe(99) } });
F('block', (() => { for (let i = 5; i < 6; i++) { const inBlock = 'block'; return () => i + inBlock; } })(), { context: { inBlock: describe('block') } });
function called(a, b, c) { let sum = 0; for (const x of [a, b, c]) sum += x; return sum; } called(1, 2, 3);
F('called', called, { debugName: 'called', parameters: 3, compiled: true });
F('neverCalled', function neverCalled(a, b, c) { const unused = 1; return unused + a; }, { debugName: 'neverCalled', parameters: 3 });
function makeTdz() { const f = () => later; return f; let later = 1; } F('deadZone', makeTdz(), { context: { later: { t: 'hole' } } });
const started = gen(); started.next(); add('gen.started', started, { generator: 'gen', state: 'suspended' }); add('gen.fresh', gen(), { generator: 'gen', state: 'suspended' });
const finished = gen(); finished.return(1); add('gen.closed', finished, { generator: 'gen', state: 'closed' }); const agenObject = agen(); agenObject.next(); add('gen.async', agenObject, { generator: 'agen' });
let running; function* self() { running = this; values['gen.running'] = runner; truth.values['gen.running'] = { d: 0, t: 'object', generator: 'self', state: 'running' }; abortNow(); yield 1; } const runner = self();

// Boxes, globals, contexts.
add('box.number', Object(7.5), { boxed: describe(7.5) }); add('box.string', Object.assign(Object('wr\u00e4pped'), { extra: 1, 20: 'el' }), { boxed: describe('wr\u00e4pped') });
add('box.boolean', Object(false), { boxed: describe(false) }); add('box.symbol', Object(Symbol('boxed')), { boxed: describe(Symbol('boxed')) }); add('box.bigint', Object(5n), { boxed: describe(5n) });
values['global.this'] = globalThis; truth.values['global.this'] = { d: 0, t: 'object', global: true };
const context = vm.createContext({ sandboxed: 1 }); vm.runInContext('var inContext = "in context"; class InContext { constructor() { this.q = 1; } } let lexical = 5; let counted = 1; counted++; let half = 1.5; half *= 1.5; const fixed = "constant"; let later = undefined; globalThis.made = new InContext();', context);
vm.runInContext('counted += 5; half += 0.25; later = "assigned later"; lexical', context);
truth.script = { lexical: describe(5), counted: describe(7), half: describe(2.5), fixed: describe('constant'), later: describe('assigned later') };
values['global.sandbox'] = context; truth.values['global.sandbox'] = { d: 0, t: 'object' }; add('global.made', vm.runInContext('made', context), { constructorName: 'InContext' });
values['global.vm'] = vm.runInContext('globalThis', context); truth.values['global.vm'] = { d: 0, t: 'object', global: true };

// Node.js, Intl, Wasm and what is newer.
maybe('node.emitter', () => { const e = new (require('events'))(); e.on('x', function listener() {}); return e; }, {}, 1);
maybe('node.url', () => new URL('http://user@example.com:8080/x?y=1#z'), {}, 1); maybe('node.params', () => new URLSearchParams('a=1&b=2'), {}, 1); maybe('node.abort', () => new AbortController(), {}, 1);
maybe('node.zlib', () => require('zlib').createGzip()._handle, { api: true }, 0); maybe('node.port', () => { const { port1 } = new MessageChannel(); port1.unref(); return port1; }, { api: true, nativeClass: 'node::worker::MessagePort' }, 0);
maybe('node.timer', () => setTimeout(() => {}, 1e6).unref(), {}, 1); maybe('node.env', () => undefined); maybe('node.blob', () => new Blob(['blob']), {}, 1); maybe('node.server', () => require('http').createServer(() => {}), {}, 1);
maybe('node.als', () => new (require('async_hooks').AsyncLocalStorage)(), {}, 1); maybe('node.readable', () => require('stream').Readable.from([1]), {}, 1);
maybe('intl.number', () => new Intl.NumberFormat('en')); maybe('intl.date', () => new Intl.DateTimeFormat('en')); maybe('intl.collator', () => new Intl.Collator('de')); maybe('intl.plural', () => new Intl.PluralRules('en')); maybe('intl.segmenter', () => new Intl.Segmenter('en')); maybe('intl.locale', () => new Intl.Locale('de-CH')); maybe('intl.list', () => new Intl.ListFormat('en')); maybe('intl.names', () => new Intl.DisplayNames('en', { type: 'region' })); maybe('intl.relative', () => new Intl.RelativeTimeFormat('en'));
const wasm = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); add('wasm.module', wasm); add('wasm.instance', new WebAssembly.Instance(wasm)); const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 }); add('wasm.memory', memory); add('wasm.table', new WebAssembly.Table({ initial: 2, element: 'anyfunc' })); add('wasm.global', new WebAssembly.Global({ value: 'i32', mutable: true }, 42));
new Uint8Array(memory.buffer)[3] = 77; T('wasm', new Uint8Array(memory.buffer, 0, 8));
maybe('new.disposable', () => new DisposableStack()); maybe('new.suppressed', () => new SuppressedError(1, 2, 'suppressed')); maybe('new.rawJson', () => JSON.rawJSON('123')); maybe('new.plainDate', () => new Temporal.PlainDate(2024, 2, 29)); maybe('new.instant', () => new Temporal.Instant(10n ** 18n)); maybe('new.duration', () => Temporal.Duration.from({ hours: 5 }));
maybe('misc.math', () => Math, {}, 1); maybe('misc.json', () => JSON, {}, 1); maybe('misc.atomics', () => Atomics, {}, 1); maybe('misc.reflect', () => Reflect, {}, 1);
maybe('misc.iteratorResult', () => [1].values().next()); maybe('misc.parsed', () => JSON.parse('{"a":[1,{"b":2.5}],"c":"text"}')); maybe('misc.cloned', () => structuredClone({ m: new Map([[1, 2]]), d: new Date(0) }));

// The root: its first property is the marker by which the tests find it.
const marker = Buffer.from('76616c7565732d726f6f742d', 'hex').toString('latin1') + process.hrtime.bigint().toString(36) + digits;
const root = { marker: Buffer.from(marker, 'latin1').toString('latin1'), values };
globalThis.valuesRoot = root;

let abortNow = () => {};
import('data:text/javascript,export const one = 1; export let two = { x: 2 }; export default function dflt() {}; export function fn() {}').then((namespace) => {
  values['module.namespace'] = namespace;
  truth.values['module.namespace'] = { d: 0, t: 'object', exports: { default: { t: 'function' }, fn: { t: 'function' }, one: describe(1), two: describe({ x: 2 }, 1) } };
  abortNow = () => {
    truth.marker = marker;
    truth.kinds = Object.keys(values).length;
    fs.writeFileSync('truth.json', JSON.stringify(truth));
    stop();
  };
  runner.next();
}).catch((error) => { console.error(error); process.exit(1); });
