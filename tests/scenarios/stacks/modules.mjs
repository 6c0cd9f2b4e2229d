// ES modules: top-level code, exports of each kind, import cycles aside; `this` is undefined.
import { createRequire } from 'node:module';
import * as self from './modules_lib.mjs';
import byDefault, { named, Exported, renamed as again } from './modules_lib.mjs';
const require = createRequire(import.meta.url);
const { chain } = require('./_chain.js');
const dynamic = await import('./modules_lib.mjs');
class Local { run(next) { return next(); } static { this.ready = true; } }

await null;
setImmediate(() => chain([
  (next) => named(next),
  (next) => byDefault(next),
  (next) => again(next),
  (next) => self.named(next),
  (next) => self.object.method(next),
  (next) => dynamic.default(next),
  (next) => new Exported().run(next),
  (next) => Exported.make(next).made,
  (next) => new Local().run(next),
  (next) => [1].map(() => next())[0],
  (next) => eval('next()'),
]));
