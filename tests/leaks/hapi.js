'use strict';
// A hapi server that polls something for each request it gets, and never stops to: an interval that
// is not cleared, with all that its callback knows.
const Hapi = require('@hapi/hapi');
const { requests, run } = require('./_stages.js');

let started = 0;
class Job {
  constructor(number) {
    this.number = number;
    this.progress = [];
    this.log = `job ${number} `.repeat(20);
  }
}

(async () => {
  const server = Hapi.server({ port: 0, host: '127.0.0.1' });
  server.route({
    method: 'GET',
    path: '/jobs/{number}',
    handler(request) {
      const job = new Job(request.params.number);
      setInterval(function pollJob() { job.progress.push(1); }, 60_000);
      started++;
      return { number: job.number };
    },
  });
  await server.start();
  await run([200, 1500, 1500], (count) => requests(server.info.port, count, (n) => `/jobs/${n}`), () => ({
    leaked: started, of: 'Timeout', function: 'pollJob', milliseconds: 60_000,
  }));
})();
