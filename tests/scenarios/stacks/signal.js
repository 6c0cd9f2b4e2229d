'use strict';
// A signal that the program sends itself, SIGSEGV or SIGABRT as the argument says.
const seen = require('./_seen.js');
class Victim { constructor(name) { this.name = name; } hit(signal) { seen(new Error('seen')); process.kill(process.pid, signal); for (;;); } }
function* targets() { yield new Victim('v'); }
setImmediate(function fire() { for (const victim of targets()) [process.argv[2] || 'SIGSEGV'].forEach((s) => victim.hit(s)); });
