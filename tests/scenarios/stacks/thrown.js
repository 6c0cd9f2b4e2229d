'use strict';
// `throw` of an error with a cause, of the program's own class, several calls away from where it
// was made.
const { chain } = require('./_chain.js');
class AppError extends Error { constructor(message, options) { super(message, options); this.code = 'E_APP'; } }
function make(message) { return new AppError(message, { cause: new RangeError('the cause') }); }
function raise(message) { throw make(message); }
chain([(next) => next(), function named(next) { return next(); }], () => raise('thrown by the program'));
