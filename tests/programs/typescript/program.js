'use strict';
// The TypeScript compiler at work on src/: parsed and checked, two of three files emitted. It ends
// inside of a transformer that visits a class of the third.
const path = require('path');
const ts = require('typescript');
const { withSnapshot } = require('./_end.js');

const src = path.join(__dirname, 'src');
const program = ts.createProgram(
  ['model.ts', 'users.ts', 'printer.ts'].map((name) => path.join(src, name)),
  {
    lib: ['lib.es2022.d.ts'],
    types: [],
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2017,
    strict: true,
    noEmitOnError: false,
    outDir: path.join(__dirname, 'out'),
  },
);
const diagnostics = program.getSourceFiles().flatMap((file) => program.getSemanticDiagnostics(file));
globalThis.kept = { program, diagnostics };
let emitted = 0;
let visited = 0;
const transformer = (context) => (file) => {
  const visit = (node) => {
    visited++;
    if (emitted === 2 && ts.isFunctionDeclaration(node)) {
      // Asking for the compiler's line numbers makes V8 keep its table of lines. Without that V8 up
      // to 11 reads all nine MB of source for each closure in a snapshot: minutes.
      kept.stack = new Error('here').stack;
      withSnapshot({
        visited,
        files: program.getSourceFiles().length,
        messages: diagnostics.map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n')),
      });
    }
    return ts.visitEachChild(node, visit, context);
  };
  return ts.visitNode(file, visit);
};
program.emit(undefined, () => emitted++, undefined, false, { before: [transformer] });
