'use strict';
// For ends that print no stack: V8's own `stack` of an Error made by the function that then ends the
// process, all frames, is kept in a file first. Its first line stands one call before the end.
const fs = require('fs');
Error.stackTraceLimit = Infinity;
module.exports = (error) => fs.writeFileSync('seen.txt', error.stack);
