// node-flags: --abort-on-uncaught-exception
'use strict';
// An exception that nobody catches ends the process: from a function that is optimised and has two
// others inlined into it, called back by a builtin in C++ (Array.map is one of V8's own, JSON.parse
// calls its reviver from C++), out of a timer.
const { truth } = require('./_end.js');
truth({});

class Order {
  constructor(total) { this.total = total; }
  check(limit) { return this.sum(limit); }
  sum(limit) { if (this.total > limit) { missing.price; } return this.total + 1; }
}
const orders = Array.from({ length: 2e5 }, (_, i) => new Order(i % 100));

function boom(order) { return order.check(100); }
function shop() {
  let total = 0;
  for (let i = 0; i < 3; i++) for (const order of orders) total += boom(order);
  orders[1e5].total = 1000;
  return JSON.parse('{"a":[1]}', function revive(key, value) {
    return Array.isArray(value) ? value.map(() => orders.map(boom).length) : value;
  });
}
setTimeout(shop, 1);
