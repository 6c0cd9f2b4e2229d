'use strict';
// Sources that are hard to count in: other line ends, characters of two UTF-16 units, one long line,
// Latin-1 only, a byte order mark, a hashbang. The program writes them and loads them.
const fs = require('fs');
const path = require('path');
const { chain } = require('./_chain.js');

const folder = process.cwd();
function load(name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return require(file);
}

const crlf = load('crlf.js', 'exports.a = (next) => {\r\n  // comment\r\n\r\n  return (\r\n    next());\r\n};\r\n');
const cr = load('cr.js', 'exports.a = (next) => {\r  // comment\r\r  return (\r    next());\r};\r');
const mixed = load('mixed.js', 'exports.a = (next) => {\n\r// x\r\n\n\r  return next();\r};\n');
const separators = load('separators.js',
  'exports.a = (next) => {\u2028  const s = "a\u2028b\u2029c";\u2029 /* \u2028 */ return next();\u2028};');
const astral = load('astral.js', 'exports.a = (next) => { const s = "😀😀😀 ü"; return next(); };\n'
  + 'exports.b = (next) => {\n  /* 😀 */ return next(); };\n');
const combining = load('combining.js', 'exports.a = (next) => { const s = "é ﬁ 日本語"; return next(); };\n');
const latin = load('latin.js', 'exports.a = (next) => { const s = "café ÿ"; return next(); };\n');
const bom = load('bom.js', '\ufeffexports.a = (next) => next();\n');
const hashbang = load('hashbang.js', '#!/usr/bin/env node\nexports.a = (next) => next();\n');
const tabs = load('tabs.js', '\t\texports.a =\t(next) =>\t\t\tnext();\n');
const vertical = load('vertical.js', 'exports.a = (next) => {\v\f\u00a0\u0085 return next(); };\n'.replace('\u0085', ''));
const identifiers = load('identifiers.js',
  'class Größe { messen(next) { return next(); } }\nfunction 名前(next) { return next(); }\n'
  + 'const $Ⅹ = { ⅹ(next) { return next(); } };\nexports.a = (n) => new Größe().messen(n);\n'
  + 'exports.b = (n) => 名前(n);\nexports.c = (n) => $Ⅹ.ⅹ(n);\n');
const unit = 'function f$(next) { return next(); } exports.f$ = f$; var s$ = "' + 'x'.repeat(40) + '"; ';
let bundleText = '';
for (let i = 0; bundleText.length < 1 << 20; i++) bundleText += unit.replaceAll('$', i);
const bundle = load('bundle.js', bundleText);
const bundleWide = load('bundlewide.js', '/* 😀 */' + bundleText.slice(0, 200000 - 200000 % unit.length).replace(/[^;]*$/, ''));
const manyLines = load('manylines.js', '\n'.repeat(70000) + 'exports.a = (next) => {\n\n return next(); };\n');
const longNames = load('longnames.js', `exports.a = (n) => { function ${'long'.repeat(500)}() { return n(); } return ${'long'.repeat(500)}(); };\n`);
const farName = Object.keys(bundle).pop();

chain([
  (next) => crlf.a(next),
  (next) => cr.a(next),
  (next) => mixed.a(next),
  (next) => separators.a(next),
  (next) => astral.a(next),
  (next) => astral.b(next),
  (next) => combining.a(next),
  (next) => latin.a(next),
  (next) => bom.a(next),
  (next) => hashbang.a(next),
  (next) => tabs.a(next),
  (next) => vertical.a(next),
  (next) => identifiers.a(next),
  (next) => identifiers.b(next),
  (next) => identifiers.c(next),
  (next) => bundle.f0(next),
  (next) => bundle.f5000(next),
  (next) => bundle[farName](next),
  (next) => bundleWide.f1000(next),
  (next) => manyLines.a(next),
  (next) => longNames.a(next),
]);
