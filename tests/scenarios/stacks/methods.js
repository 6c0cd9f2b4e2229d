'use strict';
// Methods, accessors, constructors, fields: each step calls the next through one of them. The
// names by which V8 prints such frames differ most here, so the receivers do too.
const { chain } = require('./_chain.js');
const symbol = Symbol('my symbol');
const nameless = Symbol();

class Base {
  constructor(next) { this.made = next(); }
  get value() { return this.next(); }
  set value(next) { this.next = next; this.made = next(); }
  method(next) { return next(); }
  static make(next) { return new this(next); }
  static plain(next) { return next(); }
  static get still() { return Base.saved(); }
  [symbol](next) { return next(); }
  [nameless](next) { return next(); }
  ['computed ' + 'name'](next) { return next(); }
  get 42() { return this.next(); }
  'with-dash'(next) { return next(); }
}

class Derived extends Base {
  constructor(...rest) { super(...rest); this.kind = 'derived'; }
  method(next) { return super.method(next); }
  get value() { return super.value; }
}

class Deeper extends Derived {}

class Hidden {
  #field = 1;
  #secret(next) { return next() + this.#field; }
  get #accessor() { return this.next(); }
  set #accessor(next) { next(); }
  static #shared(next) { return next(); }
  open(next) { return this.#secret(next); }
  read(next) { this.next = next; return this.#accessor; }
  write(next) { this.#accessor = next; }
  static call(next) { return Hidden.#shared(next); }
}

function Legacy(next) { this.made = next(); }
Legacy.prototype.old = function (next) { return next(); };
Legacy.prototype.named = function another(next) { return next(); };
Legacy.helper = function (next) { return next(); };

const object = {
  short(next) { return next(); },
  arrow: (next) => next(),
  old: function (next) { return next(); },
  named: function inner(next) { return next(); },
  get read() { return this.next(); },
  set write(next) { next(); },
  nested: { deep: { far(next) { return next(); } } },
  async: (next) => next(),
};
object.Ctor = class { constructor(next) { this.made = next(); } };
object.alias = object.short;
const bare = Object.create(null);
bare.call = function (next) { return next(); };
const tagged = { [Symbol.toStringTag]: 'Tagged', go(next) { return next(); } };
const dictionary = {};
for (let i = 0; i < 2000; i++) dictionary['key' + i] = i;
delete dictionary.key7;
dictionary.slow = function (next) { return next(); };
const byDefine = {};
Object.defineProperty(byDefine, 'defined', { get() { return this.next(); } });
Object.defineProperty(byDefine, 'arrow', { get: () => byDefine.next() });
const renamed = function (next) { return next(); };
Object.defineProperty(renamed, 'name', { value: 'renamed by property' });
const odd = function (next) { return next(); };
Object.defineProperty(odd, 'name', { value: 7 });
class Named { static name(next) { return next(); } run(next) { return next(); } }
const Anonymous = class { run(next) { return next(); } };
const holder = { Inner: class { run(next) { return next(); } } };
const child = Object.create(new Base(() => 1), { extra: { value: 1 } });
const twice = { one(next) { return next(); } };
twice.two = twice.one;
delete twice.one;
const many = { a: (function () { return function (next) { return next(); }; })() };
many.b = many.a;
class Tagging { get [Symbol.toStringTag]() { return 'NotAsked'; } run(next) { return next(); } }
class Rows extends Array { each(next) { return next(); } }
class Lookup extends Map { each(next) { return next(); } }
function sloppyThis(next) { return next(); }

chain([
  (next) => new Base(next).made,
  (next) => new Derived(next).made,
  (next) => new Deeper(next).made,
  (next) => Deeper.make(next).made,
  (next) => Base.plain(next),
  (next) => { Base.saved = next; return Base.still; },
  (next) => { const it = new Derived(() => 1); it.next = next; return it.value; },
  (next) => { new Base(() => 1).value = next; return 1; },
  (next) => new Derived(() => 1).method(next),
  (next) => new Base(() => 1)[symbol](next),
  (next) => new Base(() => 1)[nameless](next),
  (next) => new Base(() => 1)['computed name'](next),
  (next) => { const it = new Base(() => 1); it.next = next; return it[42]; },
  (next) => new Base(() => 1)['with-dash'](next),
  (next) => new Hidden().open(next),
  (next) => new Hidden().read(next),
  (next) => { new Hidden().write(next); return 1; },
  (next) => Hidden.call(next),
  (next) => new Legacy(next).made,
  (next) => new Legacy(() => 1).old(next),
  (next) => new Legacy(() => 1).named(next),
  (next) => Legacy.helper(next),
  (next) => object.short(next),
  (next) => object.alias(next),
  (next) => object.arrow(next),
  (next) => object.old(next),
  (next) => object.named(next),
  (next) => { object.next = next; return object.read; },
  (next) => { object.write = next; return 1; },
  (next) => object.nested.deep.far(next),
  (next) => bare.call(next),
  (next) => tagged.go(next),
  (next) => dictionary.slow(next),
  (next) => { byDefine.next = next; return byDefine.defined; },
  (next) => { byDefine.next = next; return byDefine.arrow; },
  (next) => renamed(next),
  (next) => odd(next),
  (next) => ({ renamed }).renamed(next),
  (next) => Named.name(next),
  (next) => new Named().run(next),
  (next) => new Anonymous().run(next),
  (next) => new holder.Inner().run(next),
  (next) => child.method(next),
  (next) => twice.two(next),
  (next) => many.b(next),
  (next) => new Tagging().run(next),
  (next) => new Rows().each(next),
  (next) => new Lookup().each(next),
  (next) => new (class { field = next(); })().field,
  (next) => { class Block { static { this.x = next(); } } return Block.x; },
  (next) => { class Static { static y = next(); } return Static.y; },
  (next) => new (class extends Base { other = next(); constructor() { super(() => 1); } })().other,
  (next) => new (class { #p = next(); get() { return this.#p; } })().get(),
  (next) => new (class { [(() => 'k')()] = next(); })().k,
  (next) => class { static [next()] = 1; }.name.length + 1,
  (next) => new (function () { this.x = next(); })().x,
  (next) => new object.Ctor(next).made,
  (next) => Reflect.construct(Base, [next], Legacy).made,
  (next) => sloppyThis.call('text', next),
  (next) => sloppyThis.call(5, next),
  (next) => sloppyThis.call(true, next),
  (next) => sloppyThis.call(symbol, next),
  (next) => sloppyThis.call(10n, next),
  (next) => sloppyThis.call(null, next),
  (next) => sloppyThis.call([1], next),
  (next) => sloppyThis.call(/x/, next),
  (next) => sloppyThis.call(new Proxy({}, {}), next),
  (next) => sloppyThis.call(Base, next),
  (next) => sloppyThis.call(Legacy, next),
  (next) => sloppyThis.call(Anonymous, next),
  (next) => sloppyThis.call(async () => 1, next),
  (next) => sloppyThis.call(globalThis, next),
  (next) => sloppyThis.call(JSON, next),
  (next) => sloppyThis.call(new Date(0), next),
  (next) => sloppyThis.call(new Uint8Array(1), next),
  (next) => sloppyThis.call(Object.create({ constructor: Legacy }), next),
  (next) => sloppyThis.call(Base.prototype, next),
  (next) => sloppyThis.call(Deeper.prototype, next),
]);
