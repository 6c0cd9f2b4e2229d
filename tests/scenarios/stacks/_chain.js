'use strict';
// How a scenario of stacks is put together: steps that each call the next one in a way of its own,
// the last of them `end`. While the program warms up, `end` only returns; then it ends the program
// in the deepest frame, and V8 prints the stack (--abort-on-uncaught-exception).
//
// Between two steps lies one arrow function of this file. The only argument of the program is how
// often the chain is run before.
const warm = Number(process.argv[2] || 0);
let armed = false;

/** The last step: an error of V8's own making, or what `fail` does. */
function end(fail) {
  if (!armed) return 1;
  if (fail) fail();
  return undefined.thing;
}

/** Runs the chain of steps; each is called with a function that calls the next. */
function chain(steps, fail) {
  let run = 0;
  const first = steps.reduceRight((next, step) => {
    let last = -1;
    // Once in each run: a step that calls the next one twice would double the work of all behind.
    return () => last === run ? 1 : step(next, last = run);
  }, () => end(fail));
  let sum = 0;
  for (; run < warm; run++) sum += Number(first()) || 0;
  globalThis.sum = sum;
  armed = true;
  first();
}

module.exports = { chain, warm };
