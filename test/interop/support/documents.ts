import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeCertificate } from '../../support/nginx.ts';

/** A web server with client ID metadata documents, over TLS as clients demand it. */
export interface Documents {
  /** File that Signet trusts. */
  certificateFile: string;
  /** @returns the id of a client with this metadata */
  publish(metadata: Readonly<Record<string, unknown>>): string;
  stop(): void;
}

/** @param directory for the files of its certificate */
export async function startDocuments(directory: string): Promise<Documents> {
  const { certificate, key } = await makeCertificate(directory, 'documents', ['localhost']);
  const documents = new Map<string, string>();
  const server = createServer({ cert: certificate, key }, ({ url = '/' }, response) => {
    const found = documents.get(url);
    response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': 'application/json' }).end(found);
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    certificateFile: join(directory, 'documents.pem'),
    publish(metadata) {
      const path = `/client-${documents.size + 1}.json`;
      documents.set(path, JSON.stringify({ client_id: origin + path, ...metadata }));
      return origin + path;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
