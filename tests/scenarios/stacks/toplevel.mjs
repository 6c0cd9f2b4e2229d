// An error in the top-level code of a module, behind an await, in a function that it called. The
// vm boundary makes it abort the process rather than reject the module's promise.
import vm from 'node:vm';
globalThis.fail = () => undefined.thing;
const load = async () => { await null; };
await load();
const first = () => vm.runInThisContext('fail()', 'last.vm');
class Setup { static { this.value = 1; } run() { return first(); } }

  new Setup()
    .run();
