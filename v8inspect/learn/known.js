'use strict';
// Objects of which everything is known: keep(name, value) makes one findable by its name, facts are
// what the values of their fields are. Large Smis tell fields from each other.
const vm = require('vm');
const { AsyncLocalStorage } = require('async_hooks');

const smi = () => 1e8 + Math.floor(Math.random() * 9e8);

module.exports = function (keep, facts) {
  const numbers = (facts.numbers = {});
  const number = (name) => (numbers[name] = smi());

  // Pages: enough objects to fill some.
  const fill = [];
  for (let i = 0; i < 60000; i++) fill.push({ filler: i });
  keep('fill', fill);
  facts.pages = { regular: [], young: [], large: ['elements'] };
  for (let i = 0; i < fill.length; i += 4000) {
    facts.pages.regular.push(`fill${i}`);
    keep(`fill${i}`, fill[i]);
  }

  // Plain objects, arrays, strings, numbers.
  keep('literal', { first: number('first'), second: number('second'), third: number('third') });
  const grown = {};
  for (let i = 0; i < 12; i++) grown[`grown${i}`] = number(`grown${i}`);
  keep('grown', grown);
  const array = [1.5];
  array[1] = {};
  array.length = numbers.arrayLength = 7;
  keep('array', array);
  const weak = new WeakMap();
  for (let i = 0; i < 12; i++) {
    for (const kind of ['plainProperties', 'hashedProperties']) {
      const owner = keep(kind + i, {});
      for (let j = 0; j < 12; j++) owner[`of${j}`] = j;
      if (kind === 'hashedProperties') weak.set(owner, 1);
    }
  }
  keep('weakOfHashed', weak);
  keep('doubles', [1.5, 2.5, , 4.5]);
  keep('holes', [1.25, , 3.25]);
  const dictionary = Object.create(null);
  for (let i = 0; i < 40; i++) dictionary[`entry${i}`] = number(`entry${i}`);
  for (let i = 0; i < 5; i++) delete dictionary[`entry${i}`];
  Object.defineProperty(dictionary, 'hidden', { value: 1, writable: true, configurable: true });
  Object.defineProperty(dictionary, 'fixed', { value: 1, enumerable: true, configurable: true });
  Object.defineProperty(dictionary, 'accessor', { get() {}, enumerable: true, configurable: true });
  facts.entries = 38;
  keep('dictionary', dictionary);
  const sparse = [];
  sparse[100000000] = number('sparse');
  sparse[100000007] = 1;
  keep('sparse', sparse);
  keep('heapNumber', 3.14159 + Math.random() / 1e6);
  facts.double = keep.last();
  keep('bigint', BigInt('0x' + '123456789abcdef0fedcba9876543210'));
  keep('negative', -BigInt('0x' + '123456789abcdef0fedcba9876543211'));
  const left = keep.flat('left part of a string '.repeat(2) + numbers.first);
  const right = keep.flat('right part of a string '.repeat(2) + numbers.second);
  keep('left', left);
  keep('right', right);
  const cons = left + right;
  keep('cons', cons);
  keep('parent', keep.flat('parent of a slice: ' + numbers.third + 'x'.repeat(40)));
  keep('sliced', keep.last().slice(5, 45));
  keep('twoByte', 'Ωmega' + numbers.first);
  const strings = new Map();
  for (let i = 0; i < 30; i++) strings.set('string' + i, i);
  keep('strings', strings);
  class Private {
    #secret = 1;
    get secret() { return this.#secret; }
  }
  keep('private', new Private());
  keep('wellKnown', Symbol.iterator);
  keep('interesting', Symbol.toStringTag);
  keep('builtin', require('assert').ok);
  facts.builtin = { start: process.binding('natives').assert.slice(0, 48) };
  globalThis.calibrationCell = number('cell');
  keep('symbol', Symbol('described' + numbers.first));
  keep('registered', Symbol.for('registered' + numbers.first));

  // Functions, and what stands behind them.
  function plain(one, two, three) {
    return one + two + three;
  }
  plain(1, 2, 3);
  keep('plain', plain);
  keep('lazy', function lazyFunction(one, two) { return one + two; });
  keep('arrow', (one) => one);
  keep('Class', class Class { method() {} });
  keep('anonymous', new Function('a', 'return a'));
  // Compiled by each compiler that there is.
  const compiled = (name, how) => {
    const f = keep(name, new Function("a", "b", `const ${name} = { a, b }; return (c) => ${name}.a + ${name}.b + c.length;`)({}, 1));
    try {
      new Function('f', how)(f);
    } catch (e) {} // no such compiler
  };
  for (const name of ['baselined', 'baselinedToo']) {
    compiled(name, 'f("ab"); %EnsureFeedbackVectorForFunction(f); %CompileBaseline(f); f("ab")');
  }
  compiled('optimized',
    '%PrepareFunctionForOptimization(f); f("ab"); f("abc"); %OptimizeFunctionOnNextCall(f); f("ab")');
  compiled('maglevved',
    '%PrepareFunctionForOptimization(f); f("ab"); f("abc"); %OptimizeMaglevOnNextCall(f); f("ab")');
  keep('atomicsWait', Atomics.wait);
  keep('atomics', Atomics);
  keep('cell', new Int32Array(new SharedArrayBuffer(8)));
  number('marker');
  keep('fsBinding', process.binding('fs'));
  keep('method', keep.named('Class').prototype.method);
  keep('binding', process.binding('fs').read || process.binding('fs').stat);
  function trying(one, two, three, four) {
    const local = [one, 'constant'];
    try { return local.map(() => two); } catch (e) { return { three, four }; } finally { local.push(1); }
  }
  trying(1, 2, 3, 4);
  keep('trying', trying);
  function moving(one, two) {
    let a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10, k = 11, l = 12, m = 13;
    let n = 14, o = 15, p = 16, q = one + two, r = q + one, s = r + two;
    const kept = [];
    for (let t = 0; t < 2; t++) {
      let inner = t;
      kept.push(() => inner + t);
    }
    let moved = one;
    one = two;
    two = moved;
    return [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, kept, one, two];
  }
  moving(1, 2);
  keep('moving', moving);
  keep('native', Array.prototype.map);
  keep('bound', plain.bind(keep.here('boundThis', { bound: true }), 1, 2));
  keep('Constructed', function Constructed() { this.x = 1; });
  keep('constructed', new (keep.last())());
  keep('Derived', class Derived extends Array {});
  keep('derived', new (keep.last())());

  // Contexts: a closure with two variables; with, catch, block, eval, script, module scopes.
  function scope(first, second) {
    let local = number('local');
    keep('closure', function closure() { return [first, second, local]; });
    return closureOf;
    function closureOf() { return local; }
  }
  scope(number('parameter'), { named: 'second' });
  keep('evalClosure', (0, eval)('(function () { let inEval = 1; return () => inEval; })()'));
  keep('sloppyEval', new Function('code', 'var a = 1; eval(code); return function inner() { return a; }')('var b = 2'));
  keep('withClosure', new Function('o', 'with (o) { return function inWith() { return x; } }')({ x: 1 }));
  try {
    throw { thrown: true };
  } catch (caught) {
    keep('catchClosure', () => caught);
  }
  {
    let inBlock = 1;
    keep('blockClosure', () => inBlock);
  }
  facts.locals = [];
  for (let count = 70; count < 80; count++) {
    const all = Array.from({ length: count }, (_, i) => `v${i}`);
    facts.locals.push(count);
    keep(`locals${count}`, new Function(`let ${all.join(',')}; return () => [${all.join(',')}];`)());
  }
  keep('script', new vm.Script(`let scriptLocal = ${number('scriptLocal')}; let scriptDouble = ${numbers.scriptLocal}.5; scriptLocal++; scriptLocal--; scriptDouble = scriptDouble + 1; scriptDouble = scriptDouble - 1; (function inScript() { return scriptLocal + scriptDouble; })`,
    { filename: '/calibration/script.js', lineOffset: number('lineOffset'), columnOffset: number('columnOffset') }));
  keep('inScript', keep.last().runInThisContext());
  keep('sloppyArguments', new Function('a', 'b', 'c', 'globalThis.mapped = () => a; return arguments')(
    number('argument'), {}, 3));
  keep('withSourceUrl', eval('(function fromEval() {})\n//# sourceURL=calibration-source-url.js'));

  // Names: of an instance whose constructor has a `name` of its own, and in lines of stack traces.
  class CalibrationByFunction {
    static name = 'CalibrationByProperty';
  }
  keep('namedInstances', [new CalibrationByFunction(), new CalibrationByFunction(), new CalibrationByFunction()]);
  const line = (run) => {
    try {
      run();
    } catch (error) {
      return error.stack.split('\n').find((text) => /^ +at /.test(text)).trim().replace(/ \(.*/, '');
    }
    return '';
  };
  function Receiver() {}
  Receiver.run = function run() { throw new Error(); };
  facts.stacks = {
    functionReceiver: line(() => Receiver.run()),
    accessor: line(() => ({ get accessed() { throw new Error(); } }).accessed),
    nullReceiver: line(() => String.prototype.indexOf.call(null)),
    view: line(() => new DataView(new ArrayBuffer(1)).getInt32(0)),
  };

  // Built-in objects.
  const map = new Map([[number('key'), number('value')], ['b', 2], ['c', 3]]);
  map.delete('b');
  keep('map', map);
  const bigMap = new Map();
  for (let i = 0; i < 9; i++) bigMap.set(i, i);
  keep('bigMap', bigMap);
  keep('set', new Set([number('member'), 'b', 'c']));
  keep('weakMap', new WeakMap([[keep.here('weakKey', {}), keep.here('weakValue', {})]]));
  keep('weakSet', new WeakSet([keep.here('weakMember', {})]));
  const iterator = map[Symbol.iterator]();
  iterator.next();
  keep('mapIterator', iterator);
  const setIterator = keep.named('set').values();
  setIterator.next();
  setIterator.next();
  keep('setIterator', setIterator);
  const arrayIterator = array.values();
  arrayIterator.next();
  arrayIterator.next();
  arrayIterator.next();
  keep('arrayIterator', arrayIterator);
  const stringIterator = left[Symbol.iterator]();
  stringIterator.next();
  stringIterator.next();
  keep('arrayEntries', array.entries());
  keep('stringIterator', stringIterator);
  keep('regexp', /calibration (.) regexp/giu);
  keep.last().lastIndex = number('lastIndex');
  keep('regexpPlain', /plain/);
  keep('regexpIterator', left.matchAll(/calibration(x)/g));
  keep('date', new Date(number('date') * 1000));
  keep('primitive', Object(keep.named('symbol')));
  keep('proxy', new Proxy(keep.here('proxyTarget', {}), keep.here('proxyHandler', {})));
  keep('weakRef', new WeakRef(keep.here('weakTarget', {})));
  keep('registry', new FinalizationRegistry(keep.here('cleanup', () => {})));
  const registry = keep.last();
  for (const which of ['', ' 2']) {
    registry.register(keep('registered target' + which, {}), keep('holdings' + which, {}), keep('token' + which, {}));
  }
  keep('pending', new Promise(() => {}));
  keep('fulfilled', Promise.resolve(keep.here('promiseValue', {})));
  keep('rejected', Promise.reject(keep.here('promiseReason', {})));
  keep.last().catch(keep.here('onRejected', () => {}));
  keep('chained', new Promise(() => {}));
  keep('onFulfilled', () => {});
  keep('derivedPromise', keep.named('chained').then(keep.named('onFulfilled'), keep.named('onRejected')));
  const twice = keep('twice', new Promise(() => {}));
  twice.then(keep.named('onFulfilled'));
  twice.then(keep.named('onRejected'));
  class Sub extends Promise {}
  keep('subclassed', new Sub(() => {}));
  keep('derivedSubclassed', keep.last().then(keep.named('onFulfilled')));
  function* generate(a) {
    const got = yield number('yielded');
    yield got;
  }
  const generator = generate.call(keep.here('generatorReceiver', {}), 1);
  generator.next();
  keep('generate', generate);
  keep('generator', generator);
  keep('notStarted', generate(1));
  const finished = generate(2);
  finished.return(1);
  keep('finished', finished);
  const returning = (function* () { try { yield 1; } finally { yield 2; } })();
  returning.next();
  returning.return(keep.here('returned', {}));
  keep('returning', returning);
  async function* generateAsync() { await new Promise(() => {}); yield 1; }
  keep('asyncGenerator', generateAsync());
  keep('asyncRequest', keep.last().next());
  async function waiting() { await new Promise(() => {}); }
  keep('asyncPromise', waiting());
  keep('capable', Promise.all([keep.named('pending')]));
  keep('buffer', new ArrayBuffer(numbers.bufferLength = 123456));
  keep('resizable', new ArrayBuffer(4096, { maxByteLength: 1 << 20 }));
  numbers.maxLength = keep.last().maxByteLength || keep.last().byteLength;
  keep('shared', new SharedArrayBuffer(65432));
  keep('detached', new ArrayBuffer(2048));
  structuredClone(keep.last(), { transfer: [keep.last()] });
  keep('view', new DataView(keep.named('buffer'), numbers.viewOffset = 4321, numbers.viewLength = 1234));
  keep('typed', new Uint16Array(keep.named('buffer'), numbers.typedOffset = 2222, numbers.typedLength = 1111));
  keep('onHeap', new Uint8Array(16).fill(0xa5));
  keep('backed', new Uint8Array(keep.named('resizable'), 8, 16));
  keep('tracking', new Uint8Array(keep.named('resizable')));
  keep('getter', Object.defineProperty({}, 'accessed',
    { get: keep.here('getGetter', () => 1), set: keep.here('getSetter', (x) => {}), enumerable: true, configurable: true }));
  keep('error', new Error('calibration error ' + numbers.first));
  keep('global', globalThis);
  keep('frozen', Object.freeze({ frozen: 1 }));
  keep('storage', new AsyncLocalStorage());
  keep('tcp', new (process.binding('tcp_wrap').TCP)(0));
};

// What has to be made after the last collection: young objects.
module.exports.late = function (keep, facts) {
  keep('young', { young: true });
  facts.pages.young.push('young');
};
