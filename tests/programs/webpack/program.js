'use strict';
// webpack bundles entry.js and lodash-es for production. It ends where the assets of the chunks
// are about to be minimized: all modules parsed, concatenated and rendered.
const path = require('path');
const webpack = require('webpack');
const { withSnapshot } = require('./_end.js');

const compiler = webpack({
  mode: 'production',
  context: __dirname,
  entry: './entry.js',
  devtool: 'source-map',
  output: { path: path.join(__dirname, 'dist'), library: { type: 'commonjs2' } },
  optimization: { minimizer: [{ apply }] },
});

function apply(of) {
  of.hooks.compilation.tap('end', (compilation) => {
    const stage = webpack.Compilation.PROCESS_ASSETS_STAGE_OPTIMIZE_SIZE;
    compilation.hooks.processAssets.tapPromise({ name: 'end', stage }, async (assets) => {
      await new Promise(setImmediate);
      withSnapshot({
        modules: compilation.modules.size,
        assets: Object.keys(assets),
        atLeast: { JavascriptModule: 200 },
        errors: compilation.errors.map(String),
      });
    });
  });
}

compiler.run((error, stats) => {
  throw error || new Error(stats.toString());
});
