'use strict';
// Classes with a `name` of their own. From V8 14 on that counts where a Map has the constructor, as
// of base classes, and not where only a prototype has it, as of derived ones.
const { withSnapshot } = require('./_end.js');
const many = (n, Class) => Array.from({ length: n }, () => new Class());

class Base { static name = 'BaseAtRunTime'; }
class Derived extends Base { static name = 'DerivedAtRunTime'; }
// Enough statics for a dictionary: a command of npm looks like this.
class Command extends Base {
  static description = 'text';
  static name = 'command';
  static usage = ['usage'];
  static async completion() {}
  exec() {}
}
class Alone { static description = 'text'; static name = 'AloneAtRunTime'; static async completion() {} exec() {} }
class Method { static name() {} }
class Nameless {}
delete Nameless.name;

globalThis.keep = [many(11, Base), many(12, Derived), many(13, Command), many(14, Alone), many(15, Method), many(16, Nameless)];
const dynamicNames = Number.parseInt(process.versions.v8, 10) >= 14;
// The prototypes of derived classes are two more objects of the base class.
const named = dynamicNames ? { BaseAtRunTime: 11, Base: 2, AloneAtRunTime: 14 } : { Base: 13, Alone: 14 };
withSnapshot({ counts: { Derived: 12, Command: 13, Method: 15, Nameless: 16, ...named } });
