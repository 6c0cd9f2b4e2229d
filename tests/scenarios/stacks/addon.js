'use strict';
// Loads an addon that ends the process while JavaScript calls into it; the argument is its path.
const seen = require('./_seen.js');
class Loader {
  constructor(path) { this.path = path; }
  get loaded() { seen(new Error('seen')); process.dlopen({ exports: {} }, this.path); return true; }
  static async all(paths) { await null; return paths.map(function each(path) { return new Loader(path).loaded; }); }
}
Loader.all([process.argv[2]]);
