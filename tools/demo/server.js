'use strict';
// A shop that forgets to forget: every visitor gets a Session, and nothing ever ends one. After
// some thousand requests a visitor without a cart asks for the sum of it, and the process dies.
const http = require('http');

const VISITS = Number(process.argv[2] || 4000);

class Item {
  constructor(name, price) {
    this.name = name;
    this.price = price;
  }
}

class Cart {
  constructor() {
    this.items = [];
  }

  total() {
    return this.items.reduce((sum, item) => sum + item.price, 0);
  }
}

class Session {
  constructor(id, request) {
    this.id = id;
    this.created = Date.now();
    this.agent = request.headers['user-agent'];
    this.cart = new Cart();
  }
}

// The leak. It should be emptied when a visitor has been away for an hour.
const sessions = new Map();

function sessionOf(request) {
  const id = request.headers['x-session'];
  if (!sessions.has(id)) sessions.set(id, new Session(id, request));
  return sessions.get(id);
}

function handle(request, response) {
  const session = sessionOf(request);
  if (request.url === '/broken') session.cart = undefined;
  if (request.url === '/add') session.cart.items.push(new Item('tea', 4), new Item('cup', 9));
  response.end(String(session.cart.total()));
}

const server = http.createServer(handle).listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const visit = (path, id) =>
    new Promise((resolve, reject) => {
      const headers = { 'x-session': `visitor-${id}`, 'user-agent': 'demo/1.0' };
      http
        .get({ host: '127.0.0.1', port, path, agent, headers }, (response) => {
          response.resume().on('end', resolve);
        })
        .on('error', reject);
    });
  for (let id = 0; id < VISITS; id++) await visit('/add', id);
  console.log(`${VISITS} visitors served, ${sessions.size} sessions kept`);
  await visit('/broken', VISITS);
});
