// node-flags: --abort-on-uncaught-exception
'use strict';
// Ends by an exception, or by what is none; the argument says how. What is thrown is described in
// the truth before; `twin` is the stack of an error that was made at the same place.
const { truth } = require('./_end.js');
Error.stackTraceLimit = 100;

class AppError extends Error {
  constructor(message, options) {
    super(message, options);
    this.code = 'E_APP';
    this.details = { table: 'users', id: 7 };
  }
}
function make() { return new AppError('made by the program', { cause: new RangeError('the cause') }); }
function pair(maker) { const made = []; for (let i = 0; i < 2; i++) made.push(maker()); return made; }
function told(error, more) {
  truth({ class: error.constructor.name, message: error.message, code: error.code, cause: error.cause && error.cause.message, ...more });
}
function raise(value) { throw value; }
function tellTwin(made, more) {
  const twin = made.pop();
  told(twin, { twin: twin.stack.split('\n').slice(1).map((line) => line.trim()), ...more });
  return made.pop();
}

const ways = {
  thrown() { raise(tellTwin(pair(make))); },
  read() { const error = tellTwin(pair(make)); globalThis.text = error.stack; raise(error); },
  runtime() { told(new TypeError("Cannot read properties of undefined (reading 'thing')")); [1].map(function inner() { return undefined.thing; }); },
  reference() { told(new ReferenceError('notDefined is not defined')); return notDefined; },
  overflow() { told(new RangeError('Maximum call stack size exceeded')); (function deeper() { return deeper() + 1; })(); },
  json() { truth({ class: 'SyntaxError' }); JSON.parse('{"a": nothing}'); },
  assertion() { truth({ class: 'AssertionError', code: 'ERR_ASSERTION', message: 'not equal' }); require('assert').strictEqual(1, 2, 'not equal'); },
  file() { truth({ class: 'Error', code: 'ENOENT' }); require('fs').readFileSync('/does/not/exist'); },
  emitted() { told(new AppError('emitted')); new (require('events'))().emit('error', new AppError('emitted')); },
  aggregate() { told(new AggregateError([new Error('a'), new Error('b')], 'several')); raise(new AggregateError([new Error('a'), new Error('b')], 'several')); },
  number() { truth({ value: 42.5 }); raise(42.5); },
  smi() { truth({ value: 7 }); raise(7); },
  string() { truth({ value: 'just text' }); raise('just text'); },
  null() { truth({ value: null }); raise(null); },
  undefined() { truth({ value: 'undefined' }); raise(undefined); },
  object() { truth({ class: 'Failure', keys: ['reason'] }); class Failure { constructor() { this.reason = 'because'; } } raise(new Failure()); },
  symbol() { truth({ value: 'why' }); raise(Symbol('why')); },
  rejection() { told(new TypeError("Cannot read properties of null (reading 'property')")); (async function rejecting() { await null; return null.property; })(); },
  rejected() { Promise.reject(tellTwin(pair(make))); },
  rejectedValue() { truth({ class: 'Error', code: 'ERR_UNHANDLED_REJECTION' }); Promise.reject(5); },
  async() { (async function later() { await null; raise(tellTwin(pair(make))); })(); },
  caught() { try { raise(new Error('was caught')); } catch (error) { globalThis.caught = error; } told(new Error('second')); raise(new Error('second')); },
  abort() { truth({ abort: true }); try { raise(new Error('not this one')); } catch (error) { globalThis.caught = error; } process.abort(); },
  signal() { truth({ signal: 'SIGSEGV' }); process.kill(process.pid, 'SIGSEGV'); for (;;); },
};

setImmediate(function start() { ways[process.argv[2]](); });
