'use strict';
// Listens on all addresses of both families, as Node does when no host is named.
const http = require('http');
const os = require('os');

http.createServer((request, response) => {
  const caller = request.socket.remoteAddress.replace('::ffff:', '');
  response.end(`Node greets ${caller} from ${os.hostname()}\n`);
}).listen(8080);
