'use strict';
// An express server under the load of its own client: 40 connections, JSON bodies, sessions in
// memory, a router with parameters, streamed answers, errors. Every eleventh request hangs. It ends
// inside of a request handler, with the other requests in flight.
const http = require('http');
const express = require('express');
const session = require('express-session');
const { withSnapshot } = require('./_end.js');

const CONNECTIONS = 40;
const REQUESTS = 2000;

class Visitor {
  #seen = 0;
  constructor(name) {
    this.name = name;
    this.since = new Date(1.7e12);
    this.cart = [];
  }
  see() { return ++this.#seen; }
}

const visitors = new Map();
const hanging = new Set();
let handled = 0;

const app = express();
app.use(session({ secret: 'test', resave: false, saveUninitialized: true }));
app.use(express.json());
app.use((req, res, next) => {
  const name = `visitor-${handled % 250}`;
  if (!visitors.has(name)) visitors.set(name, new Visitor(name));
  req.visitor = visitors.get(name);
  req.visitor.see();
  if (++handled === REQUESTS) {
    withSnapshot({ counts: { Visitor: visitors.size }, handled, hanging: hanging.size });
  }
  next();
});
const api = express.Router();
api.get('/items/:id', async (req, res) => {
  await new Promise((resolve) => setImmediate(resolve));
  req.visitor.cart.push({ id: req.params.id, price: Number(req.params.id) * 1.1, tags: ['a', , 'c'] });
  res.json({ id: req.params.id, query: req.query, cart: req.visitor.cart.length });
});
api.post('/items', (req, res) => res.status(201).json(req.body));
api.get('/stream', (req, res) => {
  res.write(Buffer.alloc(2000, 'x'));
  setTimeout(() => res.end('end'), 5);
});
api.get('/hang', (req, res) => hanging.add({ req, res, at: process.hrtime.bigint() }));
api.get('/fails', () => { throw new RangeError('as asked'); });
app.use('/api', api);
app.use((error, req, res, next) => res.status(500).json({ message: error.message }));

const server = app.listen(0, '127.0.0.1', () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let sent = 0;
  const one = () => {
    const number = sent++;
    const kind = number % 11;
    const path = kind === 0 ? '/hang' : kind === 1 ? '/fails' : kind === 2 ? '/stream'
      : kind < 5 ? '/items' : `/items/${number}?page=${number % 7}&sort=up`;
    const body = kind === 3 || kind === 4
      ? JSON.stringify({ number, ratio: number / 3, list: [1, 2.5, 'three', null, { four: 4 }] }) : null;
    const req = http.request({
      agent: kind === 0 ? undefined : agent,
      port: server.address().port,
      path: `/api${path}`,
      method: body ? 'POST' : 'GET',
      headers: body ? { 'content-type': 'application/json', 'content-length': body.length } : {},
    }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', one);
    });
    req.on('error', () => {});
    req.end(body);
    if (kind === 0) one();
  };
  for (let i = 0; i < CONNECTIONS; i++) one();
});
