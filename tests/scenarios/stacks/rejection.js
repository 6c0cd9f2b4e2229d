'use strict';
// An unhandled rejection: Node.js aborts when nobody handled it, long after its cause.
async function cause() { await null; null.property; }
cause();
