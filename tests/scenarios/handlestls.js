'use strict';
// Handles and requests of TLS, of a child process with a channel, of the thread pool.
const child = require('child_process');
const crypto = require('crypto');
const https = require('https');
const zlib = require('zlib');
const { asItIs } = require('./_end.js');

if (process.argv[2] === 'child') {
  setTimeout(() => {}, 20000);
  process.on('message', () => process.send('ready'));
  process.on('disconnect', () => process.exit());
  return;
}
const T = (globalThis.T = {});
const names = (active) => active.map((item) => item.constructor.name);
const psk = Buffer.from('d731ef57be09e5204f0b205b60627028', 'hex');
const options = { ciphers: 'PSK+HIGH', maxVersion: 'TLSv1.2' };

T.server = https.createServer({ ...options, pskCallback: () => psk }, function waits(request) {
  T.incoming = request;
  T.child = child.fork(__filename, ['child']);
  T.child.on('message', () => setTimeout(finish, 50));
  T.child.send('are you there');
});
T.server.listen(0, '127.0.0.1', () => {
  T.request = https.request({
    ...options,
    port: T.server.address().port,
    host: '127.0.0.1',
    path: '/over/tls',
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk, identity: 'program' }),
  });
  T.request.end();
});

function finish() {
  crypto.pbkdf2('p', 's', 1e8, 64, 'sha512', function derived() {});
  crypto.pbkdf2('p', 's', 1e8, 64, 'sha512', function derived() {});
  crypto.randomBytes(1 << 20, function random() {});
  crypto.pbkdf2Sync('p', 's', 1, 64, 'sha512'); // a job that is done
  zlib.deflate(Buffer.alloc(1 << 20), function deflated() {});
  zlib.deflateSync(Buffer.alloc(1 << 10));
  crypto.generateKeyPair('rsa', { modulusLength: 4096 }, function keyed() {});
  process.nextTick(() => {
    asItIs({
      counts: {},
      child: T.child.pid,
      handles: names(process._getActiveHandles()),
      requests: names(process._getActiveRequests()),
    });
  });
}
