// The calibration program of `v8inspect layout learn`: objects of which everything is known, in an
// array that is found by two random Smis, and answers to requests on standard input. V8's own
// printer (%DebugPrintPtr) is part of what it answers with.
//
// Needs --allow-natives-syntax --expose-gc. One line of JSON per answer, behind '@@'.
'use strict';
const fs = require('fs');
const crypto = require('crypto');

const FORGE_SIZE = 1 << 20;
const smi = () => 1e8 + Math.floor(Math.random() * 9e8);

const facts = { node: process.version.slice(1), v8: process.versions.v8 };
const names = [];
const objects = [];
function keep(name, value) {
  names.push(name);
  objects.push(value);
  return value;
}
keep.here = keep;
keep.last = () => objects[objects.length - 1];
keep.named = (name) => objects[names.indexOf(name)];
keep.touch = (value) => value;
keep.flat = (text) => Buffer.from(text).latin1Slice(); // one piece

const forge = new ArrayBuffer(FORGE_SIZE);
const forged = new Uint8Array(forge);
crypto.randomFillSync(forged, 0, 64);
facts.forge = { mark: Buffer.from(forged.subarray(0, 64)).toString('hex'), size: FORGE_SIZE };

keep('undefined', undefined);
keep('null', null);
keep('true', true);
keep('false', false);
keep('forge', forge);
const known = require('./known.js');
const MODULE = `export let exported = ${smi()}; export function inModule() { return exported; }`;

async function main() {
const namespace = await import(`data:text/javascript,${MODULE}`);
keep('namespace', namespace);
keep('inModule', namespace.inModule);
known(keep, facts);

// Large, so that the array itself is an object of large-object space; its tail is for late ones.
const anchor = new Array(40000).fill(0);
anchor[0] = smi();
anchor[1] = smi();
anchor[2] = anchor;
objects.forEach((object, index) => (anchor[3 + index] = object));
facts.anchor = [anchor[0], anchor[1]];
facts.names = names;
globalThis.calibration = anchor;
gc();
gc();
known.late((name, value) => {
  names.push(name);
  anchor[2 + names.length] = value;
}, facts);

const input = Buffer.alloc(1 << 16);
let pending = '';
function hear() {
  for (;;) {
    const end = pending.indexOf('\n');
    if (end >= 0) {
      const line = pending.slice(0, end);
      pending = pending.slice(end + 1);
      return line;
    }
    const got = fs.readSync(0, input, 0, input.length, null);
    if (got === 0) return 'quit';
    pending += input.latin1Slice(0, got);
  }
}
function say(value) {
  fs.writeSync(1, `\n@@${JSON.stringify(value)}\n`);
}

const cell = keep.named('cell');
const requests = {
  // Puts bytes into the forged page.
  write(offset, hex) {
    forged.set(Buffer.from(hex, 'hex'), Number(offset));
  },
  // V8's print of what is at a tagged address.
  print(address) {
    %DebugPrintPtr(Number(BigInt(address)));
  },
  // V8's prints of a forged Map with each value of the field of `width` bytes at `offset`.
  vary(address, offset, width, shift, first, last) {
    const view = new DataView(forge);
    const at = Number(offset);
    for (let value = Number(first); value <= Number(last); value++) {
      if (width === '1') view.setUint8(at, value << Number(shift));
      else view.setUint16(at, value, true);
      fs.writeSync(1, `\n##${value}\n`);
      %DebugPrintPtr(Number(BigInt(address)));
    }
  },
  // Waits in a builtin of V8, called from an interpreted function whose first register is known.
  wait(milliseconds) {
    const marker = facts.numbers.marker;
    fs.writeSync(1, '\nwaiting\n');
    Atomics.wait(cell, 0, 0, Number(milliseconds));
    return marker;
  },
  snapshot(path) {
    require('v8').writeHeapSnapshot(path);
    gc();
    gc();
  },
};

say(facts);
for (;;) {
  const [name, ...rest] = hear().split(' ');
  if (name === 'quit') break;
  requests[name](...rest);
  say({});
}
}
main();
