// Makes one file of DevTools' heap snapshot worker and worker.mjs: node build.mjs
import * as esbuild from 'esbuild';
import fs from 'fs';
import path from 'path';

await esbuild.build({
  entryPoints: ['worker.mjs'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'es2022',
  outfile: 'bundle.mjs',
  logLevel: 'error',
  plugins: [{
    name: 'typescript',
    setup(build) {
      build.onResolve({ filter: /locales\.js$/ }, () => ({ path: path.resolve('locales.js') }));
      build.onResolve({ filter: /\.js$/ }, (wanted) => {
        if (wanted.path[0] !== '.') return;
        const script = path.resolve(wanted.resolveDir, wanted.path);
        const source = script.replace(/\.js$/, '.ts');
        if (!fs.existsSync(script) && fs.existsSync(source)) return { path: source };
      });
    },
  }],
});
