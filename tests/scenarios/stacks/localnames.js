'use strict';
// Functions made at random, one calling the next; every local variable that has a value has a string
// that begins with its name: 'x#7', or 'x|y#7' where two share it. Arguments: seed, how many functions.
const fs = require('fs');
const path = require('path');
let state = Number(process.argv[2] || 1) >>> 0;
const count = Number(process.argv[3] || 40);
const random = (n) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor(state / 4294967296 * n); };
const pick = (list) => list[random(list.length)];
let serial = 0;
let names = 0;
const fresh = () => `${pick(['a', 'item', '$v', '_x', 'été', 'let_', 'of', 'async', 'get'])}${names++}`;

// A value for the variable `name` in one of many shapes; `seen` are variables that may be used.
function value(name, seen, depth = 0) {
  const t = `T('${name}')`;
  const u = () => (seen.length ? pick(seen) : '0');
  return pick([
    () => t, () => t, () => t,
    () => `(${t})`,
    () => `${u()} ? ${t} : T("${name}")`,
    () => `${u()} && ${t} || ${t}`,
    () => `(${u()}, ${t})`,
    () => `null ?? ${t}`,
    () => `[${u()}, ${t}][1]`,
    () => `{ p: ${t}, q: ${u()} }.p`.replace(/^/, '(').replace(/\.p$/, ').p'),
    () => `id(${u()}, ${t})`,
    () => `\`\${${t}}\``,
    () => `/[,;={}'"\`]+let z = /.test(${u()}) ? ${t} : ${t}`,
    () => `(() => { const inner = ${t}; return inner; })()`,
    () => `(function () { let ${name} = ${t}; return ${name}; })()`,
    () => `class { static let = ${t}; static get() { return this.let; } }.get()`.replace(/^/, '(').replace(/\.get\(\)$/, ').get()'),
    () => `/* let other = */ ${t} // , more = 1\n`,
    () => `keep?.[0]?.x ?? ${t}`,
    () => `new String(${t}).valueOf()`,
    () => `(keep.y = ${t})`,
    () => (depth < 2 ? `${u()} ? ${value(name, seen, depth + 1)}\n : ${value(name, seen, depth + 1)}` : t),
    () => `eq('let b = 1, c = ') || ${t}`,
  ])();
}

// Statements; the list `seen` grows by what they declare in the same scope.
function statement(seen, depth, kind) {
  const block = (more = []) => `{ ${body([...seen, ...more], depth + 1, kind)} }`;
  const n = fresh();
  const m = fresh();
  const d = pick(['let', 'const', 'var']);
  const simple = [
    () => { const s = `${d} ${n} = ${value(n, seen)}`; seen.push(n); return `${s};`; },
    () => { const s = `${d} ${n}=${value(n, seen)}`; seen.push(n); return `${s}\n`; },
    () => { const s = `${d} ${n} = ${value(n, seen)}, ${m} = ${value(m, seen)}\n`; seen.push(n, m); return `${s};`; },
    () => { const s = `let ${n}, ${m} = ${value(m, seen)};`; seen.push(m); return `${s} ${n} = ${value(n, seen)};`; },
    () => { const s = `var ${n}, ${m}; ${m} = ${value(m, seen)};`; seen.push(m); return `${s} ${n} = ${value(n, seen)};`; },
    () => `let ${n}\n, ${m}\nuse(${n}, ${m});`,
    () => { const s = `const { p: ${n}, q: ${m} = ${value(m, seen)} } = { p: ${value(n, seen)} };`; seen.push(n, m); return s; },
    () => { const s = `let [${n}, ...${m}] = [${value(n, seen)}];`; seen.push(n); return s; },
    () => { const s = `${d} ${n} = ${value(n, seen)}; keep.push(() => ${n});`; seen.push(n); return s; },
    () => (seen.length ? `${pick(['use', 'id'])}(${pick(seen)}, 'x = 5, y = ');` : ';'),
    () => { const s = `let ${n}; let ${m} = ${n} = T('${n}|${m}');`; return s; },
    () => { const s = `let ${n} = ${value(n, seen)}; ${n} += ''; ${n} ||= ${value(n, seen)};`; seen.push(n); return s; },
    () => `function ${n}(${m}, o = ${value('o', [])}) { let inside = ${m}; return inside; } ${n}();`,
    () => `use(({ ${n}, ${m} = ${value(m, [])} }) => { let deep = ${n}; return deep; });`,
    () => `let ${n} = ${value(n, seen)}, f${m} = function () { return 'f${m}#'; }, k${m} = ${value(`k${m}`, seen)};`,
  ];
  if (kind === 'async' || kind === 'generator') simple.push(() => { const s = `let ${n} = ${value(n, seen)};`; seen.push(n); return s; });
  const nested = [
    block,
    () => `if (${seen.length ? pick(seen) : '1'}) ${block()} else ${block()}`,
    () => `for (let ${n} = ${value(n, seen)}, ${m} = ${value(m, seen)}; m3(); ${n} = T('${n}')) ${block([n])}`,
    () => `for (let ${n} = ${value(n, seen)};;) { keep.push(() => ${n}); ${body([...seen], depth + 1, kind)}; break; }`,
    () => `for (let ${n} = ${value(n, seen)}; once(); ) { keep.push(() => ${n}); let ${m} = ${value(m, seen)}; ${body([...seen, m], depth + 1, kind)} }`,
    () => `for (${d} ${n} of [${value(n, seen)}]) ${block([n])}`,
    () => `for (${d} ${n} in { [${value(n, seen)}]: 1 }) ${block([n])}`,
    () => `for (const ${n} of [${value(n, seen)}]) { keep.push(() => ${n}); ${body(seen.slice(), depth + 1, kind)} }`,
    () => `for (const [${n}] of [[${value(n, seen)}]]) ${block([n])}`,
    () => `while (once()) ${block()}`,
    () => `do ${block()} while (false)\n`,
    () => `try ${block()} catch (${n}) ${block()} finally ${block()}`,
    () => `try { throw ${value(n, seen)}; } catch (${n}) { let ${m} = ${value(m, seen)}; ${body([...seen, n, m], depth + 1, kind)} }`,
    () => `try { let ${n} = ${value(n, seen)}; } finally { let ${m} = ${value(m, seen)}; ${body([...seen, m], depth + 1, kind)} }`,
    () => `switch (1) { case 0: let ${n} = ${value(n, seen)}; case 1: let ${m} = ${value(m, seen)}; ${body([...seen, m], depth + 1, kind)} default: var z${n} = T('z${n}') }`,
    () => `l${n}: ${block()}`,
    () => `{ let ${n} = ${value(n, seen)}; { let ${n} = ${value(n, seen)}; ${body([...seen, n], depth + 1, kind)} } }`,
  ];
  return depth < 4 && random(3) === 0 ? pick(nested)() : pick(simple)();
}

// The call of the next function stands once in each function, at a random depth.
let placed = false;
function body(seen, depth, kind) {
  const parts = [];
  const length = 1 + random(5);
  for (let i = 0; i < length; i++) {
    parts.push(statement(seen, depth, kind));
    if (!placed && random(4) === 0) { placed = true; parts.push('NEXT();'); }
  }
  return parts.join(pick([' ', '\n  ']));
}

function made(i) {
  placed = false;
  const kind = pick(['plain', 'plain', 'arrow', 'generator', 'async', 'method', 'constructor', 'defaults']);
  let text = body([], 0, kind);
  text += ' NEXT();';  // if that one was not reached
  placed = true;
  const rest = ` ${body([], 3, kind)}`;
  const next = `F[${i + 1}]()`;
  text = text.replaceAll('NEXT();', () => `if (!called(${i})) ${next};`) + rest;
  switch (kind) {
    case 'arrow': return `F[${i}] = () => { ${text} };`;
    case 'generator': return `F[${i}] = () => [...(function* g${i}() { ${text} yield 1; })()];`;
    case 'async': return `F[${i}] = async function () { ${text} await 1; };`;
    case 'method': return `F[${i}] = () => ({ m() { ${text} } }).m();`;
    case 'constructor': return `F[${i}] = () => new (class { constructor() { ${text} } })();`;
    case 'defaults': return `F[${i}] = function (pa = T('pa'), { pb = T('pb') } = {}, ...pc) { use(() => pb); ${text} };`;
    default: return `F[${i}] = function f${i}() { ${text} };`;
  }
}

const lines = [`'use strict';`, `module.exports = (F, T, id, use, once, m3, eq, keep, called) => {`];
for (let i = 0; i < count; i++) lines.push(made(i));
lines.push('};');
const file = path.join(__dirname, 'generated_locals.js');
fs.writeFileSync(file, lines.join('\n'));
const F = [];
const done = new Set();
let turns = 0;
require(file)(
  F,
  (name) => `${name}#${serial++}`,
  (_, value) => value,
  () => undefined,
  () => turns++ % 2 === 0 && turns < 9999,
  () => turns++ % 3 !== 2 && turns < 9999,
  () => false,
  [],
  (i) => done.has(i) || !done.add(i),
);
F[count] = () => { process.kill(process.pid, 'SIGSEGV'); for (;;); };
F[0]();
