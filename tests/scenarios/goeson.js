'use strict';
// A program that goes on: for live processes. SIGUSR2 makes it write to `alive` how often its timer
// has fired. The argument is how many sessions it has.
const fs = require('fs');
const { truth } = require('./_end.js');

class Session {
  constructor(i) {
    this.id = i;
    this.items = [i, i + 1];
  }
}
const count = Number(process.argv[2]) || 5000;
globalThis.keep = Array.from({ length: count }, (_, i) => new Session(i));

let ticks = 0;
function tick() {
  ticks++;
}
setInterval(tick, 5);
async function waits() {
  await new Promise(() => {});
}
globalThis.waiting = waits();
process.on('SIGUSR2', () => {
  fs.writeFileSync('alive.new', String(ticks));
  fs.renameSync('alive.new', 'alive');
});
truth({ counts: { Session: count } });
fs.closeSync(fs.openSync('ready', 'w'));
