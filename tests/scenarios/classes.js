'use strict';
// How a class can get its name, and what inherits it. Prototypes of subclasses are objects that V8
// names after the class above.
const { withSnapshot } = require('./_end.js');
const many = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const keep = (globalThis.keep = {});

class Level0 { constructor(i) { this.i = i; } }
class Level1 extends Level0 {}
class Level2 extends Level1 { extra = 1; }
class Level3 extends Level2 {}
keep.levels = [many(10, (i) => new Level0(i)), many(20, (i) => new Level1(i)), many(30, (i) => new Level2(i)), many(40, (i) => new Level3(i))];

const computed = 'Computed' + 'Name';
keep.computed = many(21, () => new ({ [computed]: class {} })[computed]());
const Assigned = class {};
keep.assigned = many(22, () => new Assigned());
const Outer = class Inner { constructor() { this.i = 1; } };
keep.inner = many(23, () => new Outer());
class StaticName { static name = 'NotThis'; }
keep.staticName = many(24, () => new StaticName());
class Renamed {}
Object.defineProperty(Renamed, 'name', { value: 'NotThisEither' });
keep.renamed = many(25, () => new Renamed());
function Constructor(i) { this.i = i; }
keep.constructors = many(26, (i) => new Constructor(i));
function Replaced() {}
Replaced.prototype = { constructor: Constructor };
keep.replaced = many(27, () => Object.create(Replaced.prototype));
const factory = (n) => class Repeated { constructor() { this[`field${n}`] = n; } };
keep.repeated = many(28, (i) => new (factory(i))());
keep.fields = many(29, () => new (class WithFields { a = 1; #b = 2; static c = 3; get d() { return this.#b; } })());

class MyArray extends Array {}
class MyMap extends Map {}
class MyError extends Error {}
class MyPromise extends Promise {}
class MyFunction extends Function {}
keep.arrays = many(31, () => new MyArray());
keep.maps = many(32, () => new MyMap());
keep.errors = many(33, (i) => new MyError('e' + i));
keep.promises = many(34, () => new MyPromise(() => {}));
keep.functions = many(3, () => new MyFunction('return 1'));
keep.plain = many(35, () => Object.create(Level0.prototype));
keep.bare = many(36, () => Object.create(null));

class Name0 {}
class Name1 extends Name0 { name = 'an own property, of no influence'; }
keep.named = many(37, () => new Name1());
const deep = many(12, () => null).reduce((classes, _, i) => [...classes, new Function('Base', `return class Deep${i} extends Base {}`)(classes[i])], [class Deep {}]);
keep.deep = deep.map((Class) => new Class());

// From V8 14 on a class counts by what its `name` is at run time, before by what the source says:
// one that is named by a computed key only has none then, and counts as Object.
const dynamicNames = Number.parseInt(process.versions.v8, 10) >= 14;
const renamed = dynamicNames ? { ComputedName: 21, NotThis: 24, NotThisEither: 25 } : { StaticName: 24, Renamed: 25 };

// A prototype of a subclass is one more object of the class above: Level1.prototype is a Level0.
withSnapshot({
  counts: {
    Level0: 46, Level1: 21, Level2: 31, Level3: 40, Assigned: 22, Inner: 23, Constructor: 53, Repeated: 28, WithFields: 29, MyArray: 31, MyMap: 32, MyError: 33,
    MyPromise: 34, Name0: 1, Name1: 37, Deep: 2, Deep0: 2, Deep10: 2, Deep11: 1, ...renamed,
  },
});
