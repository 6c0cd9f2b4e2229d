// DevTools' own heap snapshot worker over a file: node bundle.mjs SNAPSHOT OUT
import fs from 'fs';
import * as Worker from
  './node_modules/chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/heap_snapshot_worker.ts';

const complaints = [];
for (const kind of ['error', 'warn']) console[kind] = (...words) => complaints.push(words.join(' '));

const loader = new Worker.HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} });
const file = fs.openSync(process.argv[2], 'r');
const buffer = Buffer.alloc(1 << 22);
const decoder = new TextDecoder();
for (let n; (n = fs.readSync(file, buffer, 0, buffer.length, null)) > 0;) {
  loader.write(decoder.decode(buffer.subarray(0, n), { stream: true }));
}
loader.close();
const { port1, port2 } = new MessageChannel();
new Worker.HeapSnapshot.SecondaryInitManager(port2);
const snapshot = await loader.buildSnapshot(port1);

const classes = Object.values(snapshot.aggregatesWithFilter({})).map(
  (one) => ({ name: one.name ?? one.type, count: one.count, self: one.self, retained: one.maxRet }));
const node = snapshot.createNode(0);
const retained = [];
for (let i = 0; i < snapshot.nodeCount; i++) {
  node.nodeIndex = i * snapshot.nodeFieldCount;
  retained.push(node.retainedSize());
}
fs.writeFileSync(process.argv[3], JSON.stringify(
  { complaints, nodes: snapshot.nodeCount, total: snapshot.totalSize, classes, retained }));
process.exit(0);
