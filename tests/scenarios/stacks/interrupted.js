'use strict';
// A signal that comes from outside, whenever it does, while the program computes. The argument says
// what it computes; `last` and what it calls may be anywhere, all above it stands where it stood.
const { spawn } = require('child_process');
const seen = require('./_seen.js');
const kind = process.argv[2] || 'numbers';
const delay = process.argv[3] || '0.2';

class Point { constructor(x, y) { this.x = x; this.y = y; } add(o) { return new Point(this.x + o.x, this.y + o.y); } }
function numbers(n) { let t = 0; for (let i = 0; i < n; i++) t = (t * 31 + i) % 1000003; return t; }
function mixed(n) { let t = 0; for (let i = 0; i < n; i++) t += small(i) + [i, t].map((x) => x & 3)[0]; return t; }
function small(x) { return x % 7 ? x | 0 : Math.imul(x, 3); }
function objects(n) { let p = new Point(0, 0); for (let i = 0; i < n; i++) p = p.add(new Point(i, 1)); return p.y; }
function strings(n) { let s = ''; for (let i = 0; i < n; i++) s = (s + i).slice(-50).replace(/1/g, () => 'x'); return s.length; }
function garbage(n) { const keep = []; for (let i = 0; i < n; i++) { keep.push({ i, a: [i] }); if (keep.length > 20000) keep.length = 0; } return keep.length; }
function recursive(n) { return fib(18) + n; }
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
function mutual(n) { return ping(300) + n; }
function ping(n) { return n < 1 ? 0 : pong(n - 1) + 1; }
function pong(n) { return n < 1 ? 0 : ping(n - 1) - 1; }
function builtins(n) { const a = []; for (let i = 0; i < 500; i++) a.push((i * 7919) % 503); return a.sort((x, y) => x - y)[3] + JSON.stringify(a).length; }
const kinds = { numbers, mixed, objects, strings, garbage, recursive, mutual, builtins };

function last(f) { for (let t = 0; ; t++) globalThis.sum = f(1000) + t; }
class Job { constructor(f) { this.f = f; } run() { seen(new Error('seen')); return last(this.f); } }
setImmediate(function start() {
  spawn('sh', ['-c', `sleep ${delay}; kill -SEGV ${process.pid}`], { stdio: 'ignore', detached: true }).unref();
  [new Job(kinds[kind])].forEach((job) => job.run());
});
