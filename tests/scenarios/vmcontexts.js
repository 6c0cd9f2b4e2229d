'use strict';
// Classes of one name in several contexts: one row, for V8 counts by name.
const vm = require('vm');
const { withSnapshot } = require('./_end.js');
class Same { constructor(i) { this.i = i; } }
const here = Array.from({ length: 100 }, (_, i) => new Same(i));
const contexts = Array.from({ length: 5 }, (_, n) => {
  const context = vm.createContext({ n });
  vm.runInContext(`
    class Same { constructor(i) { this.i = i; } }
    class Only${n} { constructor() { this.o = ${n}; } }
    var same = Array.from({ length: 20 }, (_, i) => new Same(i));
    var only = Array.from({ length: ${10 + n} }, () => new Only${n}());
    let scriptLevel = 'let';
  `, context);
  return context;
});
globalThis.keep = { here, contexts };
withSnapshot({ counts: { Same: 200, Only0: 10, Only1: 11, Only2: 12, Only3: 13, Only4: 14 } });
