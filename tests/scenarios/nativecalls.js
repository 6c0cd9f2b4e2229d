'use strict';
// JavaScript between native functions that were called with arguments of its own: JSON.parse is one
// of V8's builtins in C++, process._kill one of Node.js's functions. The process ends inside of it.
const { truth } = require('./_end.js');

function reviver(key, value) {
  return key === 'q' ? process._kill(process.pid, 6, 'spare') : value;
}
truth({ parse: ['{"q":1}', 'reviver', 'more'], kill: [process.pid, 6, 'spare'] });
JSON.parse('{"q":1}', reviver, 'more');
