'use strict';
// A koa app that keeps pages in a Map by their whole URL, which has a number in it that never comes
// again: a cache without a bound.
const Koa = require('koa');
const { requests, run } = require('./_stages.js');

class Page {
  constructor(url) {
    this.url = url;
    this.made = new Date();
    this.parts = Array.from({ length: 12 }, (_, i) => ({ part: i, text: `${url}#${i}` }));
  }
}
const pageCache = new Map();
const app = new Koa();
app.use(async (ctx, next) => {
  const started = process.hrtime.bigint();
  await next();
  ctx.set('X-Time', String(process.hrtime.bigint() - started));
});
app.use(async (ctx) => {
  if (!pageCache.has(ctx.url)) pageCache.set(ctx.url, new Page(ctx.url));
  ctx.body = pageCache.get(ctx.url).parts.length;
  ctx.status = 200;
});

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  let number = 0;
  run([200, 2000, 2000], (count) => requests(port, count, () => `/page?nonce=${number++}`), () => ({
    leaked: pageCache.size, of: 'Page', holder: 'pageCache',
  }));
});
