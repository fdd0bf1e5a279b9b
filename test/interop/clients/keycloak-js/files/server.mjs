import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

// Serves the files of this folder and the library, as any web server would.
const FILES = {
  '/': ['index.html', 'text/html'],
  '/app.js': ['app.js', 'text/javascript'],
  '/keycloak.js': [fileURLToPath(import.meta.resolve('keycloak-js')), 'text/javascript'],
};

createServer((request, response) => {
  const [path, type] = FILES[new URL(request.url, 'http://localhost').pathname] ?? [];
  if (path === undefined) response.writeHead(404).end();
  else response.setHeader('content-type', type).end(readFileSync(path));
}).listen(process.env.PORT);
