'use strict';
// A builtin of DataView given no DataView: the error is thrown by the builtin itself.
const { chain } = require('./_chain.js');
chain([(next) => next(), (next) => next() + 1], () => DataView.prototype.getInt8.call({}, 0));
