import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// Serves the files of this folder and the library, as any web server would.
const LIBRARY = dirname(createRequire(import.meta.url).resolve('oidc-client-ts/package.json'));
const FILES = {
  '/': ['index.html', 'text/html'],
  '/callback.html': ['callback.html', 'text/html'],
  '/settings.js': ['settings.js', 'text/javascript'],
  '/oidc-client-ts.min.js': [join(LIBRARY, 'dist/browser/oidc-client-ts.min.js'), 'text/javascript'],
};

createServer((request, response) => {
  const [path, type] = FILES[new URL(request.url, 'http://localhost').pathname] ?? [];
  if (path === undefined) response.writeHead(404).end();
  else response.setHeader('content-type', type).end(readFileSync(path));
}).listen(process.env.PORT);
