// The origin of tests/support/webs.py in Node. argv: [key certificate]. Prints its port.
'use strict';
const http = require('http');
const https = require('https');
const fs = require('fs');
const zlib = require('zlib');

function answer(request, response) {
  const path = request.url;
  if (path === '/small') {
    response.end('hello\n');
  } else if (path === '/big') {
    response.write(Buffer.alloc(1 << 19, 'x')); // without a length: chunked
    response.end(Buffer.alloc(1 << 19, 'x'));
  } else if (path === '/redirect') {
    response.writeHead(302, { Location: '/small' });
    response.end('this way');
  } else if (path === '/gzip') {
    const accepts = (request.headers['accept-encoding'] || '').includes('gzip');
    const body = Buffer.from('hello\n'.repeat(1000));
    response.writeHead(200, accepts ? { 'Content-Encoding': 'gzip' } : {});
    response.end(accepts ? zlib.gzipSync(body) : body);
  } else if (path === '/echo') {
    request.pipe(response);
  } else if (path === '/close') {
    response.writeHead(200, { Connection: 'close' });
    response.end('hello\n');
  } else {
    response.writeHead(404);
    response.end('nothing here\n');
  }
}

const [key, certificate] = process.argv.slice(2);
const server = key
  ? https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate) }, answer)
  : http.createServer(answer);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
