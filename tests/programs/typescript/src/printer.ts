import * as ts from 'typescript';
import { total } from './users';

/** Uses the compiler's own declarations, which are a lot to check. */
export function names(program: ts.Program): Map<ts.SyntaxKind, Set<string>> {
  const found = new Map<ts.SyntaxKind, Set<string>>();
  const checker = program.getTypeChecker();
  for (const file of program.getSourceFiles()) {
    ts.forEachChild(file, function visit(node: ts.Node): void {
      const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
      if (symbol) {
        let set = found.get(node.kind);
        if (!set) found.set(node.kind, (set = new Set()));
        set.add(checker.symbolToString(symbol));
      }
      ts.forEachChild(node, visit);
    });
  }
  return found;
}
export const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => (file) =>
  ts.visitEachChild(file, (node) => node, context) ?? total.length;
