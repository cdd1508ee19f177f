// Counts requests.
let count = 0;
require('http').createServer((request, response) => response.end(String(++count))).listen(8080);
