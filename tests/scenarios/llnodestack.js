// node-flags: --abort-on-uncaught-exception
// A stack as llnode's own tests look at one, in a program of ours: sloppy and strict functions,
// inferred names, arguments of several kinds.
const { truth } = require('./_end.js');

class Class {
  method(text, number, nothing) {
    function inStrictMode(value) {
      'use strict';
      return crasher(value);
    }
    return inStrictMode(text);
  }
}

function Module() {}
Module.prototype.fnInferredNamePrototype = function () {
  fnFunctionName();
};
const fnInferredName = () => {
  new Module().fnInferredNamePrototype();
};
function crasher() {
  [1].forEach(fnInferredName);
}
function fnFunctionName() {
  throw new Error('the end');
}

function third(text, one, object) {
  return new Class().method('method args', 1.23, null, 'more');
}
function second(text, one) {
  return third('third args', 1, { a: 2 });
}
function first() {
  return second('second args', 1);
}

truth({ uncaught: true });
setImmediate(() => first());
