'use strict';
// process.abort(): Node.js prints the stack itself, from 20 on.
const seen = require('./_seen.js');
class Server {
  constructor() { this.open = true; }
  close() { return [1, 2].map((x) => stop(x)); }
  get state() { return this.close(); }
}
function stop(x) { if (x === 2) { seen(new Error('seen')); process.abort(); } return x; }
setTimeout(function onTimer() { const s = new Server(); return s.state; }, 1);
