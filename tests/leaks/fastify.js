'use strict';
// A fastify app that has something to be done at its end: a closure for each request, kept in an
// array. Each holds the request's body and user.
const { requests, run } = require('./_stages.js');

const old = process.versions.node.startsWith('18.');
const fastify = require(old ? 'fastify4' : 'fastify');

const cleanups = [];
const app = fastify();
app.get('/orders/:number', async (request) => {
  const order = { number: request.params.number, lines: Array.from({ length: 20 }, (_, i) => ({ i, at: Date.now() })) };
  cleanups.push(function releaseOrder() { order.lines.length = 0; });
  return { number: order.number };
});

app.listen({ port: 0, host: '127.0.0.1' }).then(() => {
  const { port } = app.server.address();
  run([200, 2000, 2000], (count) => requests(port, count, (n) => `/orders/${n}`), () => ({
    leaked: cleanups.length, of: 'Function', holder: 'cleanups', function: 'releaseOrder',
  }));
});
