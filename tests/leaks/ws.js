'use strict';
// A ws server that sends prices to whoever is connected: each connection listens to the feed, and
// does not stop to when it is closed. The listener holds the connection.
const { EventEmitter } = require('events');
const { WebSocket, WebSocketServer } = require('ws');
const { run } = require('./_stages.js');

class PriceFeed extends EventEmitter {}
const feed = new PriceFeed();
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', (socket) => {
  feed.on('price', function sendPrice(price) { socket.send(String(price)); });
  socket.on('message', (text) => socket.send(text));
});

const connect = () => new Promise((resolve, reject) => {
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
  client.on('open', () => client.send('hello'));
  client.on('message', () => client.close());
  client.on('close', resolve);
  client.on('error', reject);
});
server.on('listening', () => {
  run([60, 500, 500], async (count) => {
    for (let i = 0; i < count; i += 10) await Promise.all(Array.from({ length: 10 }, connect));
  }, () => ({
    leaked: feed.listenerCount('price'), of: 'Function', holder: 'PriceFeed', event: 'price', function: 'sendPrice',
  }));
});
