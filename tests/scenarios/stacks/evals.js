// Code that comes from strings: eval of both kinds, nested and named, new Function and its kin, and
// vm scripts, which have names and offsets of their own.
const { chain } = require('./_chain.js');
const vm = require('vm');
const indirect = eval;

globalThis.fromEval = function (code) { return eval(code); };
function inFunction(code, next) { return eval(code); }
function nested(next) { return eval('(function inner() { return eval("next()"); })()'); }
class Evaluator {
  run(code, next) { return eval(code); }
  static run(code, next) { return eval(code); }
  get it() { return eval('this.next()'); }
}
const made = new Function('next', 'return next();');
const multi = Function('a', 'next', '\n  // a comment\n  return (\n    next());');
const generatorMade = Object.getPrototypeOf(function* () {}).constructor('next', 'yield next();');
const script = new vm.Script('next => next()', { filename: 'named script.vm' });
const offset = new vm.Script('(function shifted(next) { return next(); })', {
  filename: '/srv/app/shifted.js', lineOffset: 41, columnOffset: 7,
});
const lines = new vm.Script('\n\n(function lines(next) {\n  return next();\n})', {
  filename: '/srv/app/lines.js', lineOffset: 100, columnOffset: 20,
});
const negative = new vm.Script('(function back(next) { return next(); })', {
  filename: '/srv/app/back.js', lineOffset: -1, columnOffset: -5,
});
const context = vm.createContext({ log: [] });
const other = vm.runInContext('class Other { run(next) { return next(); } }; new Other()', context, 'other realm.js');
const plain = vm.runInContext('(function plain(next) { return next(); })', context);
const compiled = vm.compileFunction('return next();', ['next'], { filename: '/srv/app/compiled.js', lineOffset: 5, columnOffset: 3 });
const bareCompiled = vm.compileFunction('return next();', ['next']);

chain([
  (next) => eval('next()'),
  (next) => eval('"use strict"; next()'),
  (next) => eval('\n\n   next()'),
  (next) => eval('(() => next())()'),
  (next) => eval('(function named() { return next(); })()'),
  (next) => eval('({ method() { return next(); } }).method()'),
  (next) => eval('(class { static { this.x = next(); } }).x'),
  (next) => eval('next()\n//# sourceURL=given-name.js'),
  (next) => eval('(function inside() { return next(); })()\n//# sourceURL=/srv/app/inside.js'),
  (next) => { globalThis.kept = next; return indirect('kept()'); },
  (next) => { globalThis.kept = next; return (0, eval)('(function global() { return kept(); })()'); },
  (next) => { globalThis.kept = next; return fromEval('kept()'); },
  (next) => inFunction('next()', next),
  (next) => inFunction('eval("next()")', next),
  (next) => inFunction('eval("eval(\'next()\')")', next),
  (next) => nested(next),
  (next) => new Evaluator().run('next()', next),
  (next) => Evaluator.run('next()', next),
  (next) => Evaluator.run('this.run("next()", next)', next),
  (next) => { const it = new Evaluator(); it.next = next; return it.it; },
  (next) => made(next),
  (next) => new Function('next', 'return eval("next()")')(next),
  (next) => ({ made }).made(next),
  (next) => multi(1, next),
  (next) => [...generatorMade(next)][0],
  (next) => script.runInThisContext()(next),
  (next) => { globalThis.kept = next; return vm.runInThisContext('kept()'); },
  (next) => { globalThis.kept = next; return vm.runInThisContext('\n  kept()', { filename: 'top.vm', lineOffset: 9 }); },
  (next) => { globalThis.kept = next; return vm.runInThisContext('kept()', { filename: 'col.vm', columnOffset: 9 }); },
  (next) => offset.runInThisContext()(next),
  (next) => lines.runInThisContext()(next),
  (next) => negative.runInThisContext()(next),
  (next) => other.run(next),
  (next) => plain(next),
  (next) => { context.kept = next; return vm.runInContext('kept()', context); },
  (next) => vm.runInNewContext('kept()', { kept: next }, 'new realm.js'),
  (next) => vm.runInNewContext('eval("kept()")', { kept: next }),
  (next) => compiled(next),
  (next) => bareCompiled(next),
]);
