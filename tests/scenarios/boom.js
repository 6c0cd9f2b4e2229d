// node-flags: --abort-on-uncaught-exception
'use strict';
// An order of a shop that was never priced: an exception that nobody catches, four calls deep.
const { truth } = require('./_end.js');

class Order {
  constructor(id, items) {
    this.id = id;
    this.items = items;
  }
  total(currency, rate = 1) {
    let sum = 0;
    for (const item of this.items) sum += priceOf(item, currency) * rate;
    return sum;
  }
}

function priceOf(item, currency) {
  return item.price[currency].amount;
}

function handle(request, ...rest) {
  const order = new Order(request.id, request.items);
  const answer = { id: order.id, total: order.total('EUR', 1.2) };
  return [answer, ...rest];
}

truth({ exception: 'TypeError' });
setTimeout(() => {
  handle({ id: 4711, items: [{ name: 'tea', price: { EUR: { amount: 3 } } }, { name: 'cup', price: {} }] }, 'first', 2);
}, 1);
