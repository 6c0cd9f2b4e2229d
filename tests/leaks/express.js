'use strict';
// The routes of an express app are read again from time to time, and added to those that are there:
// the router's array of layers grows with the same handler, and every request walks through it.
const express = require('express');
const { requests, run } = require('./_stages.js');

const app = express();
function serveAsset(req, res) { res.type('text').send('an asset'); }
function loadRoutes() {
  for (let i = 0; i < 10; i++) app.get('/assets/:name', serveAsset);
}
app.use(express.json());
app.get('/items/:id', (req, res) => res.json({ id: req.params.id }));
app.post('/reload', (req, res) => { loadRoutes(); res.end(); });
app.get('/reload', (req, res) => { loadRoutes(); res.end(); });

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  run([30, 250, 250], (count) => requests(port, count, () => '/reload'), () => ({
    leaked: app.router.stack.length, of: 'Layer', holder: 'stack', handler: 'serveAsset',
  }));
});
