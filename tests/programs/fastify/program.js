'use strict';
// A fastify app under the load of its own client: schemas that are compiled to validators and
// serializers, decorators, hooks, plugins in their own scope, errors, 30 connections at a time.
// Version 5 needs Node.js 20; under 18 it is version 4. It ends inside of an async handler.
const http = require('http');
const { withSnapshot } = require('./_end.js');

const old = process.versions.node.startsWith('18.');
const fastify = require(old ? 'fastify4' : 'fastify');

const REQUESTS = 2000;
class Order {
  static count = 0;
  #secret = { number: Order.count++ };
  constructor(body) { Object.assign(this, body); this.total = this.price * this.amount; }
  get secret() { return this.#secret; }
}
const orders = [];
const waiting = new Map();
let handled = 0;

const app = fastify({ logger: { level: 'info', stream: { write() {} } } });
const schema = {
  body: {
    type: 'object',
    required: ['article', 'price'],
    properties: {
      article: { type: 'string', minLength: 2 },
      price: { type: 'number' },
      amount: { type: 'integer', default: 3 },
      tags: { type: 'array', items: { type: 'string' }, maxItems: 5 },
    },
  },
  response: { 200: { type: 'object', properties: { number: { type: 'integer' }, total: { type: 'number' } } } },
};
app.decorate('orders', { getter() { return orders; } });
app.decorateRequest('started', 0);
app.addHook('onRequest', async (request) => { request.started = performance.now(); });
app.register(async (scope) => {
  scope.addHook('preHandler', (request, reply, done) => done());
  scope.post('/orders', { schema }, async (request) => {
    await new Promise(setImmediate);
    orders.push(new Order(request.body));
    if (++handled === REQUESTS) {
      withSnapshot({ counts: { Order: orders.length }, waiting: waiting.size, fastify: app.version });
    }
    return { number: orders.length, total: orders[orders.length - 1].total };
  });
  scope.get('/orders/:number', async (request, reply) => {
    const order = scope.orders[request.params.number];
    if (!order) return reply.code(404).send(new Error(`no order ${request.params.number}`));
    return order;
  });
  scope.get('/wait', (request, reply) => { waiting.set(request.id, reply); });
}, { prefix: '/v1' });

app.listen({ port: 0, host: '127.0.0.1' }).then(() => {
  const { port } = app.server.address();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 30 });
  let sent = 0;
  const one = () => {
    const number = sent++;
    const kind = number % 8;
    const body = kind > 1
      ? JSON.stringify({ article: kind === 2 ? 'a' : `article ${number}`, price: number / 7, tags: ['x', 'y'] }) : null;
    const path = kind === 0 && number % 16 === 0 ? '/v1/wait' : kind < 2 ? `/v1/orders/${number}` : '/v1/orders';
    const req = http.request({
      agent: path === '/v1/wait' ? undefined : agent,
      port,
      path,
      method: body ? 'POST' : 'GET',
      headers: body ? { 'content-type': 'application/json', 'content-length': body.length } : {},
    }, (res) => { res.resume(); res.on('end', one); });
    req.on('error', () => {});
    req.end(body);
    if (path === '/v1/wait') one();
  };
  for (let i = 0; i < 30; i++) one();
});
