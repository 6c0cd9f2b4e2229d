// memlab over a file: node memlab.js SNAPSHOT OUT
const complaints = [];
for (const kind of ['error', 'warn']) console[kind] = (...words) => complaints.push(words.join(' '));
const { getFullHeapFromFile } = require('@memlab/heap-analysis');

(async () => {
  const heap = await getFullHeapFromFile(process.argv[2]);
  const retained = [];
  heap.nodes.forEach((node) => retained.push(node.retainedSize));
  require('fs').writeFileSync(process.argv[3], JSON.stringify(
    { complaints, nodes: heap.nodes.length, edges: heap.edges.length, retained }));
  process.exit(0);
})();
