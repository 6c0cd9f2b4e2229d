// What programs are generated of (generated.py), one piece between two lines of dashes. NAME is the
// function of the piece, NEXT the one that it calls, N a number that differs from use to use. A piece
// calls NEXT with a number and returns a number. Behind the line of equals signs are those that call
// it more than once.
//----
function NAME(n) { const box = { n };
  return   NEXT(n,
    box) + 1; }
//----
const NAME = (n) => { const found = [n].map((x) => NEXT(x)); return found[0]; };
//----
class Box_NAME { #add = 1; constructor(n) { this.sum = this.run(n); }
  run(n) { return this.#inner(n); } #inner(n) { return NEXT(n) + this.#add; }
  static of(n) { return new Box_NAME(n).sum; } }
const NAME = (n) => Box_NAME.of(n);
//----
class Base_NAME { constructor(n) { this.value = NEXT(n); } }
class Derived_NAME extends Base_NAME { constructor(...all) { super(...all); this.more = N; } }
function NAME(n) { return new Derived_NAME(n, 1, 2).value; }
//----
class Plain_NAME extends (class { constructor(n) { this.got = NEXT(n); } }) {}
function NAME(n) { return new Plain_NAME(n).got; }
//----
class Fields_NAME { first = N; second = NEXT(this.first); }
function NAME(n) { return new Fields_NAME().second + n; }
//----
function NAME(n) { class Inner { static { Inner.got = NEXT(n); } }
  return Inner.got; }
//----
function* gen_NAME(n) { yield 0; yield NEXT(n); }
function NAME(n) { let sum = 0; for (const x of gen_NAME(n)) sum += x; return sum; }
//----
function* deep_NAME(n) { yield* (function* () { yield NEXT(n); })(); }
function NAME(n) { return [...deep_NAME(n)][0]; }
//----
function NAME(n) { return 'abc'.replace(/b/, () => String(NEXT(n))).length; }
//----
function NAME(n) { return new Proxy({}, { get(target, key) { return NEXT(n); } }).any + N; }
//----
function NAME(n) { return 'k' in new Proxy({}, { has() { return NEXT(n) > -1; } }) ? n : 0; }
//----
const pair_NAME = { get read() { return NEXT(this.n); }, set write(n) { this.n = n; } };
function NAME(n) { pair_NAME.write = n; return pair_NAME.read; }
//----
const both_NAME = { set it(n) { this.got = NEXT(n); } };
function NAME(n) { both_NAME.it = n; return both_NAME.got; }
//----
function NAME(n) { return Reflect.apply(function applied(x) { return NEXT(x); }, { is: N }, [n]); }
//----
function NAME(n) { return (function named(a, b) { return NEXT(b); }).bind(null, N)(n); }
//----
function NAME(n) { return (function () { return NEXT(arguments[1]); }).call({}, N, n); }
//----
function NAME(n) { return Number(JSON.stringify({ toJSON() { return NEXT(n); } })); }
//----
function NAME(n) { let got; new Map([[1, 2]]).forEach((v) => { got = NEXT(n) + v; }); return got; }
//----
function NAME(n) { const [a = NEXT(n), { b = a } = {}] = []; return b; }
//----
function NAME(n, more, got = NEXT(n)) { return got; }
//----
function tag_NAME(strings, value) { return NEXT(value); }
function NAME(n) { return tag_NAME`a${n}b`; }
//----
function NAME(n) { try { return NEXT(n); } finally { n++; } }
//----
function NAME(n) { try { throw n; } catch (caught) { return NEXT(caught); } }
//----
function NAME(n) { return Array.from({ length: 1 }, (_, i) => NEXT(n) + i)[0]; }
//----
function NAME(n) { return [5].some(function (x) { return NEXT.call(this, n); }, { t: 1 }) ? 1 : 0; }
//----
function NAME(n) { return eval('NEXT(n) + N'); }
//----
const NAME = new Function('n', 'return globalThis.NEXT(n);');
//----
function NAME(n) { const it = { [Symbol.iterator]() { return {
  next() { return { done: true, value: NEXT(n) }; } }; } };
  return [...it].length; }
//----
function NAME(n) { switch (n) { default: { const x = n?.x ?? n; for (let i = 0; i < 2; i++) { if (i === 1) return NEXT(x) * 2; } } } }
//----
function NAME(n) { return { valueOf() { return NEXT(n); } } + N; }
//----
function NAME(n) { return `${{ toString() { return String(NEXT(n)); } }}`.length; }
//----
function NAME(n) { return { [Symbol.toPrimitive](hint) { return NEXT(n); } } * 2; }
//----
function NAME(n) { return Reflect.construct(class Built_NAME { constructor(x) { this.x = NEXT(x); } }, [n]).x; }
//----
function NAME(n) { const o = {}; Object.defineProperty(o, 'k', { get: () => NEXT(n) }); const { k } = o; return k; }
//----
function NAME() { return NEXT(arguments[0]); }
//----
function NAME(...all) { return NEXT(...all); }
//----
function NAME(n) { label: do { const { length } = [n]; return length + NEXT(n); } while (0); }
//----
function NAME(n) { const self = (depth) => depth ? self(depth - 1) + 1 : NEXT(n); return self(3); }
//----
const NAME = function (n) { if (n > 1e9) { return N; } else { return NEXT(n | 0); } };
//----
async function later_NAME(n) { return N; }
function NAME(n) { later_NAME(n); return NEXT(n); }
//----
const table_NAME = { ['key' + N](n) { return NEXT(n); } };
function NAME(n) { return table_NAME['key' + N](n); }
//----
class Up_NAME { up(n) { return NEXT(n); } }
class Down_NAME extends Up_NAME { up(n) { return super.up(n) + 1; } }
const down_NAME = new Down_NAME();
function NAME(n) { return down_NAME.up(n); }
//----
function NAME(n) { return new Uint8Array([n]).map((x) => NEXT(x) & 255)[0]; }
//----
function NAME(n) { return n === n ? (N, NEXT(n)) : 0; }
//----
function NAME(n) { const { a, ...rest } = { get a() { return NEXT(n); }, b: N }; return a + rest.b; }
//====
function NAME(n) { [N, 1].sort((a, b) => { NEXT(n); return a - b; }); return n; }
//----
function NAME(n) { return 'abab'.replaceAll('b', (m, at) => at === 1 ? NEXT(n) : 0).length; }
//----
function NAME(n) { let got; JSON.parse('[1]', (key, x) => { got = NEXT(n); return x; }); return got; }
//----
function NAME(n) { let got = 0; [1, 2].forEach(function add(x) { got += NEXT(n) * x; }); return got; }
//----
function NAME(n) { return Math.max(...[1, 2].filter((x) => NEXT(n) > -1 && x < N + 9)); }
//----
function NAME(n) { return [1, 2, 3].reduce((sum, x) => sum + NEXT(n) % 7, 0); }
//----
function NAME(n) { let sum = 0; for (const key in { a: 1, b: 2 }) sum += NEXT(n) + key.length; return sum; }
//----
function NAME(n) { return [1, 2].find((x) => NEXT(n) >= 0); }
