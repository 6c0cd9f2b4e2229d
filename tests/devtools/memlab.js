// memlab over a file: node memlab.js SNAPSHOT OUT
const complaints = [];
for (const kind of ['error', 'warn']) console[kind] = (...words) => complaints.push(words.join(' '));
const { NumericSet } = require('@memlab/core');
const { getFullHeapFromFile, PluginUtils } = require('@memlab/heap-analysis');

// memlab has no classes: objects by the name of their constructor, what has none by its type.
const ONE_ROW = { closure: 'Function', regexp: 'RegExp' };
const classOf = ({ type, name }) => (type === 'object' ? name : ONE_ROW[type] ?? `(${type})`);

(async () => {
  const heap = await getFullHeapFromFile(process.argv[2]);
  const retained = [], ids = new Map(), classes = [];
  heap.nodes.forEach((node) => {
    retained.push(node.retainedSize);
    const name = classOf(node);
    if (!ids.has(name)) ids.set(name, new NumericSet());
    ids.get(name).add(node.id);
  });
  for (const [name, set] of ids) {
    classes.push({ name, count: set.size,
      retained: PluginUtils.aggregateDominatorMetrics(set, heap, () => true, (node) => node.retainedSize) });
  }
  require('fs').writeFileSync(process.argv[3], JSON.stringify(
    { complaints, nodes: heap.nodes.length, edges: heap.edges.length, classes, retained }));
  process.exit(0);
})();
