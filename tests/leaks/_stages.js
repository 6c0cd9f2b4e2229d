'use strict';
// What the leaking servers share: requests to themselves, and stages. At each stage the program says
// in truth.json what it has leaked so far and stops itself by SIGUSR2: whoever runs it (under gdb)
// takes a core there and lets it go on.
const fs = require('fs');
const http = require('http');

const stages = [];

/** Stops for a core; `leaked` is what there is of the leak, counted by the program itself. */
function stage(leaked) {
  stages.push({ ...leaked, rss: process.memoryUsage().rss });
  fs.writeFileSync('truth.json', JSON.stringify({ version: process.version, script: process.argv[1], stages }));
  process.kill(process.pid, 'SIGUSR2');
}

/** `count` requests for what `path(number)` gives, 20 at a time; resolves when all are answered. */
async function requests(port, count, path) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  let sent = 0;
  const one = () => new Promise((resolve, reject) => {
    const url = { agent, port, host: '127.0.0.1', path: path(sent++) };
    http.get(url, (res) => res.resume().on('end', resolve)).on('error', reject);
  });
  const worker = async () => { while (sent < count) await one(); };
  await Promise.all(Array.from({ length: 20 }, worker));
  agent.destroy();
}

/** Runs `grow(count)` for each of the counts, with a stage behind each: `leaked()` says how much. */
async function run(counts, grow, leaked) {
  for (const count of counts) {
    await grow(count);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stage(leaked());
  }
  process.exit();
}

module.exports = { requests, run };
