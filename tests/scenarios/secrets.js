'use strict';
// Secrets in every place that a process keeps values in. None may be left in a redacted core.
// `texts` are strings, `numbers` doubles, `integers` Smis and other int32s, `bigs` BigInts in hex;
// `names` are names that do stay.
const fs = require('fs');
const { asItIs } = require('./_end.js');

process.env.SECRET_SET_LATER = 'envLater-Qx81jJw0Pz';
process.title = 'titleSecret-Vb72kLm4';

class AccountHolder {
  constructor(i) {
    this.accountNumber = 1912345600 + i; // Smi in an in-object field
    this.accountBalance = 73519.625 + i; // HeapNumber
    this.accountToken = 'objectToken-' + (90817263 + i) + '-Wq5';
  }
}

const keep = (globalThis.keep = {});
keep.holders = Array.from({ length: 50 }, (_, i) => new AccountHolder(i));
keep.flat = ['flatOneByte', 'Zk93hGd7'].join('-');
keep.wide = 'двуБайт-секрет-' + String(fs.readFileSync(__filename).length) + '-Ж4';
keep.wideFlat = keep.wide.toUpperCase().normalize();
keep.cons = 'consLeft-Tn48sRf6-' + String(process.pid) + '-consRight-Yh62wEc9-and-more';
keep.base = 'slicedParent-Km17vBx3-' + 'middle'.repeat(4) + '-Op85tNq2-end';
keep.sliced = keep.base.slice(13, 50);
keep.internalised = 'internalisedLiteral-Gf29xSd5';
keep.symbolKey = Symbol('plainSymbol');
keep.external = Buffer.alloc(1 << 20, 'externalText-Lp31aZm8-').toString('latin1');
keep.externalWide = Buffer.from('внешний-Rt57yUi1-'.repeat(40000), 'utf16le').toString('utf16le');
keep.number = 271828.18284590451;
keep.doubles = [161803.39887498949, 141421.35623730951, 1.5];
keep.holey = [173205.08075688773, , 2.5];
keep.smis = [1812433253, 1566083941, 1];
keep.big = 0x5ec12e7b16d00d5ec12e7b16d00dn;
keep.date = new Date(1234567891234);
keep.buffer = Buffer.from('pooledBuffer-Hn64dFg2');
keep.large = Buffer.alloc(300000, 'largeBuffer-Jb95cVk7.');
keep.small = new Uint8Array(Buffer.from('onHeapArray-Uy40pLo6')); // on heap or not
keep.floats = new Float64Array([223606.79774997897, 264575.13110645905]);
keep.words = new Int32Array([1779033703, 1013904242]);
keep.map = new Map([['mapKey-Xs83nMq1', 'mapValue-Ce26bHt9'], [1359893119, 1541459225]]);
keep.set = new Set(['setEntry-Dw19rFv4', 528734635]);
keep.weak = new WeakMap([[keep.map, 'weakValue-Ak73oPz8']]);
keep.error = new TypeError('errorMessage-Bg50iJy3');
keep.regexp = /regexpSource-Nv38uTe7/;
'regexpSource-Nv38uTe7 matched-Mi92qWs6'.match(/(matched-\w+)/);
keep.dictionary = Object.create(null);
for (let i = 0; i < 200; i++) keep.dictionary['field' + i] = 'dictionaryValue-' + i + '-Fo67xKr5';
keep.dictionary.count = 1438291876;
// Keys that are data: of dictionaries, and of objects with a Map of their own.
keep.sessions = {};
for (let i = 0; i < 200; i++) keep.sessions['sidKey' + (73456120 + i) + 'Tz6'] = { i };
keep.byMail = { 'ann.mailKey-Wd82@example.org': 1, '4f9c2d17-uuidKey-8e61': 2, tokenKey93617452Ab: 3 };
keep.sparse = [];
keep.sparse[100000] = 'sparseElement-Pj15zLd2';
keep.boxed = Object(1298765432);
keep.bound = function () {}.bind(null, 'boundArgument-Sq44vCn8', 1187654321);
keep.closure = (() => {
  let captured = 'contextLocal-Et81mBg4', number = 1076543219, double = 346410.16151377546;
  return () => (captured = captured + (number++ + double++));
})();
keep.promise = Promise.resolve('promiseValue-Ow28hXj5');
keep.generator = (function* (argument) {
  const local = 'generatorLocal-Ri53cYf9';
  yield local + argument;
})('generatorArgument-Zt06kVa1');
keep.generator.next();
keep.generator.next;
keep.pending = (async (text) => {
  await new Promise(() => {});
  return text;
})('asyncArgument-Il74wDp3');
keep.json = JSON.parse('{"parsed": "jsonValue-Hy35sNu7", "amount": 965432187, "list": [0.57721566490153287]}');
keep.split = 'splitPart-Qa90tRb2,other-Ux47gEk6'.split(',');
keep.tag = { [Symbol.toStringTag]: 'TaggedName' };
// What was written is in buffers of the system and of libuv too.
fs.writeFileSync('written.txt', keep.flat + ' inFlight-Vd61jMo8 ' + keep.cons);
// A garbage string and number.
(() => { let s = ''; for (let i = 0; i < 300; i++) s = 'garbage-Kc58lTy0-' + i; return s; })();
eval('keep.evaluated = "evaluatedSource-Wf12oGi4"; // evaluatedComment-Nb79eHq5');
const literal = 1845612379; // source-comment-Pe33xAv9

const texts = [
  'envLater-Qx81jJw0Pz', 'titleSecret-Vb72kLm4', 'argvSecret-Yd46zXh1',
  'objectToken-', 'Zk93hGd7', 'двуБайт-секрет-', 'ДВУБАЙТ-СЕКРЕТ', 'consLeft-Tn48sRf6', 'consRight-Yh62wEc9',
  'slicedParent-Km17vBx3', '-Op85tNq2', 'internalisedLiteral-Gf29xSd5', 'externalText-Lp31aZm8', 'внешний-Rt57yUi1',
  'pooledBuffer-Hn64dFg2', 'largeBuffer-Jb95cVk7', 'onHeapArray-Uy40pLo6', 'mapKey-Xs83nMq1', 'mapValue-Ce26bHt9',
  'setEntry-Dw19rFv4', 'weakValue-Ak73oPz8', 'errorMessage-Bg50iJy3', 'regexpSource-Nv38uTe7', 'matched-Mi92qWs6',
  'dictionaryValue-', 'Fo67xKr5', 'sidKey', 'mailKey-Wd82', 'uuidKey-8e61', 'tokenKey93617452', 'sparseElement-Pj15zLd2', 'boundArgument-Sq44vCn8', 'contextLocal-Et81mBg4',
  'promiseValue-Ow28hXj5', 'generatorLocal-Ri53cYf9', 'generatorArgument-Zt06kVa1', 'asyncArgument-Il74wDp3',
  'jsonValue-Hy35sNu7', 'splitPart-Qa90tRb2', 'Ux47gEk6', 'inFlight-Vd61jMo8', 'garbage-Kc58lTy0', 'evaluatedSource-Wf12oGi4',
  'evaluatedComment-Nb79eHq5', 'source-comment-Pe33xAv9', 'stackArgument-Lu29qDf6', 'stackLocal-Go85nSx3',
];
const numbers = [
  73519.625, 73520.625, 271828.18284590451, 161803.39887498949, 141421.35623730951, 173205.08075688773,
  223606.79774997897, 264575.13110645905, 346410.16151377546, 0.57721566490153287, 1234567891234, 387298.33462074167,
];
const integers = [
  1912345600, 1912345649, 1812433253, 1566083941, 1779033703, 1013904242, 1359893119, 1541459225, 528734635,
  1438291876, 1298765432, 1187654321, 1076543219, 965432187, 1845612379, 1734509813,
];
const bigs = ['5ec12e7b16d00d5ec12e7b16d00d'];
const names = ['AccountHolder', 'accountNumber', 'innermostOnStack', 'secrets.js', 'TaggedName'];

function innermostOnStack(text, integer, double) {
  const local = 'stackLocal-Go85nSx3' + text;
  asItIs({ counts: { AccountHolder: 50 }, texts, numbers, integers, bigs, names });
  return local + integer + double;
}
setImmediate(() => innermostOnStack('stackArgument-Lu29qDf6', 1734509813, 387298.33462074167));
