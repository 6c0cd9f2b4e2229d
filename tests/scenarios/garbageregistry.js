'use strict';
// node-flags: --expose-gc
// FinalizationRegistry: it holds held values, not targets and not tokens. Old objects, after two
// collections: registered ones that are still held, registered ones that were dropped and not yet
// collected, unregistered ones, those of a registry that was dropped itself, and those whose callback
// is still to run.
const { asItIs } = require('./_end.js');
class DroppedTarget { constructor(i) { this.i = i; } }
class DroppedToken { constructor(i) { this.i = i; } }
class DroppedUnregistered { constructor(i) { this.i = i; } } // the held value of a registration that was taken back
class DroppedOfRegistry { constructor(i) { this.i = i; } } // held by a registry that is gone
class KeptTarget { constructor(i) { this.i = i; } }
class KeptHeld { constructor(i) { this.i = i; } }
class KeptHeldOfDropped { constructor(i) { this.i = i; } }
class KeptPending { constructor(i) { this.i = i; } } // held values whose target is gone: the callback is to get them
globalThis.targets = [];
globalThis.registry = new FinalizationRegistry(() => {});
const late = (globalThis.late = new FinalizationRegistry(() => {}));
(() => {
  const hold = (globalThis.hold = {});
  hold.targets = []; hold.tokens = []; hold.taken = []; hold.goes = []; hold.first = [];
  for (let i = 0; i < 100; i++) { const one = new KeptTarget(i); targets.push(one); registry.register(one, new KeptHeld(i)); }
  for (let i = 0; i < 200; i++) { const one = new DroppedTarget(i), token = new DroppedToken(i); hold.targets.push(one); hold.tokens.push(token); registry.register(one, new KeptHeldOfDropped(i), token); }
  for (let i = 0; i < 150; i++) { const one = { i }; hold.taken.push(one); registry.register(one, new DroppedUnregistered(i), one); }
  hold.registry = new FinalizationRegistry(() => {});
  for (let i = 0; i < 120; i++) { const one = {}; targets.push(one); hold.registry.register(one, new DroppedOfRegistry(i)); }
  for (let i = 0; i < 80; i++) { const one = { i }; hold.first.push(one); late.register(one, new KeptPending(i)); }
})();
const counts = { DroppedTarget: 200, DroppedToken: 200, DroppedUnregistered: 150, DroppedOfRegistry: 120, KeptTarget: 100, KeptHeld: 100, KeptHeldOfDropped: 200, KeptPending: 80 };
setTimeout(() => {
  gc();
  gc();
  setTimeout(() => {
    (() => { hold.first = null; })();
    setTimeout(() => {
      gc(); // the targets of `late` go; its callback is a task that comes after this one
      (() => { for (const one of hold.taken) registry.unregister(one); globalThis.hold = null; })();
      asItIs({ counts });
    }, 5);
  }, 5);
}, 5);
