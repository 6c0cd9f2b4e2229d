'use strict';
// What keeps an event loop alive: handles and requests of every kind that Node.js has, of the main
// thread and of a worker, as process._getActiveHandles() and its kin list them.
const child = require('child_process');
const crypto = require('crypto');
const dgram = require('dgram');
const dns = require('dns');
const fs = require('fs');
const http = require('http');
const net = require('net');
const path = require('path');
const wt = require('worker_threads');
const { asItIs } = require('./_end.js');

const T = (globalThis.T = {});

function listOf(active) {
  return active.map((item) => item.constructor.name);
}

function resources() {
  return process.getActiveResourcesInfo ? process.getActiveResourcesInfo() : null;
}

if (!wt.isMainThread) {
  T.server = net.createServer().listen(0, '127.0.0.1', () => {
    T.interval = setInterval(function workerTick() {}, 60000);
    wt.parentPort.on('message', function onParent() {});
    wt.parentPort.postMessage({
      handles: listOf(process._getActiveHandles()),
      requests: listOf(process._getActiveRequests()),
      resources: resources(),
      port: T.server.address().port,
      fd: T.server._handle.fd,
    });
  });
  return;
}

const until = (emitter, event) => new Promise((done) => emitter.once(event, done));

/** Sockets, servers and pipes. */
async function network(facts) {
  T.server = net.createServer((socket) => T.accepted.push(socket.pause()));
  T.accepted = [];
  T.server.listen(0, '127.0.0.1');
  await until(T.server, 'listening');
  const { port } = T.server.address();
  T.client = net.connect(port, '127.0.0.1');
  await until(T.client, 'connect');
  T.client.write('hello12345');
  facts.server = { port, fd: T.server._handle.fd, key: T.server._connectionKey };
  facts.client = {
    fd: T.client._handle.fd,
    remote: `${T.client.remoteAddress}:${T.client.remotePort}`,
    local: `${T.client.localAddress}:${T.client.localPort}`,
  };
  const free = net.createServer().listen(0, '127.0.0.1');
  await until(free, 'listening');
  const known = free.address().port;
  free.close();
  await until(free, 'close');
  T.fixed = net.createServer().listen(known, '127.0.0.1');
  await until(T.fixed, 'listening');
  facts.fixed = { port: known, fd: T.fixed._handle.fd };
  const socketPath = path.join(process.cwd(), 'u.sock');
  T.unix = net.createServer((socket) => (T.unixAccepted = socket)).listen(socketPath);
  await until(T.unix, 'listening');
  T.unixClient = net.connect(socketPath);
  await until(T.unixClient, 'connect');
  facts.unix = { path: socketPath, fd: T.unix._handle.fd, client: T.unixClient._handle.fd };
  T.udp = dgram.createSocket('udp4');
  T.udp.bind(0, '127.0.0.1');
  await until(T.udp, 'listening');
  facts.udp = { fd: T.udp[Object.getOwnPropertySymbols(T.udp).find((key) => /state/.test(String(key)))].handle.fd };
  T.http = http.createServer(function slow() {}).listen(0, '127.0.0.1');
  await until(T.http, 'listening');
  T.request = http.request({ port: T.http.address().port, path: '/waiting?for=it' });
  T.request.on('error', () => {});
  T.request.end();
  await until(T.http, 'request');
  facts.http = { port: T.http.address().port, fd: T.http._handle.fd };
  T.unreffed = net.createServer().listen(0, '127.0.0.1').unref();
  await until(T.unreffed, 'listening');
  facts.unreffed = { fd: T.unreffed._handle.fd };
  // The port of this one is known only because a socket that it accepted was asked for its own.
  T.learnt = net.createServer((socket) => (T.learntSocket = socket)).listen(0, '127.0.0.1');
  await until(T.learnt, 'listening');
  T.learntClient = net.connect(T.learnt.address().port, '127.0.0.1');
  await until(T.learnt, 'connection');
  facts.learnt = { fd: T.learnt._handle.fd, local: `127.0.0.1:${T.learntSocket.localPort}` };
  T.closed = net.createServer().listen(0, '127.0.0.1');
  await until(T.closed, 'listening');
  T.closedHandle = T.closed._handle;
  T.closed.close();
  await until(T.closed, 'close');
}

/** Files, processes, signals, threads. */
async function others(facts) {
  fs.writeFileSync('watched.txt', '');
  T.watcher = fs.watch('watched.txt', function onWatch() {});
  T.polled = fs.watchFile('watched.txt', { interval: 30000 }, function onPoll() {});
  T.child = child.spawn('sleep', ['20'], { stdio: ['pipe', 'pipe', 'ignore'] });
  facts.child = { pid: T.child.pid, stdin: T.child.stdin._handle.fd };
  process.on('SIGUSR2', function onUsr2() {});
  T.worker = new wt.Worker(__filename, { name: 'helper' });
  facts.worker = await until(T.worker, 'message');
  facts.worker.threadId = T.worker.threadId;
  T.channel = new wt.MessageChannel();
  T.channel.port1.on('message', function onPort() {});
  T.stopped = new wt.MessageChannel();
}

/** Requests that can't finish before the program ends. */
function requests(facts) {
  child.execSync('mkfifo fifo');
  fs.open('fifo', 'r', function fifoOpen() {});
  fs.promises.open('fifo', 'r').catch(() => {});
  crypto.pbkdf2('p', 's', 1e8, 64, 'sha512', function derived() {});
  crypto.pbkdf2('p', 's', 1e8, 64, 'sha512', function derived() {});
  // All threads of the pool are taken: these wait for one.
  fs.stat('watched.txt', function statDone() {});
  fs.readFile('watched.txt', function readDone() {});
  dns.lookup('blackhole.invalid.', function lookedUp() {});
  T.client.write(Buffer.alloc(30 << 20, 'z'), function written() {});
  T.connecting = net.connect(facts.server.port, '127.0.0.1', function connected() {});
  facts.writeQueue = T.client._handle.writeQueueSize;
}

async function main() {
  const facts = { counts: {} };
  await network(facts);
  await others(facts);
  setTimeout(function finish() {
    requests(facts);
    // net.connect() asks libuv in the next tick.
    process.nextTick(() => {
      facts.handles = listOf(process._getActiveHandles());
      facts.requests = listOf(process._getActiveRequests());
      facts.resources = resources();
      facts.bytesWritten = T.client.bytesWritten;
      facts.bytesRead = T.accepted[0].bytesRead;
      asItIs(facts);
    });
  }, 300);
}

main();
