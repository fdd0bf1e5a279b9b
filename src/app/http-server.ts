import { createServer, type RequestListener, type Server } from 'node:http';
import { answerMalformed } from '../http/malformed.ts';
import type { HeadersTooLarge } from '../http/headers-too-large.ts';

/** The HTTP server that clients reach, with its time-outs. It does not listen yet; `listener.ts` does that. */
export function createHttpServer(handle: RequestListener, tooLarge: HeadersTooLarge): Server {
  // Slow clients are disconnected: headers must arrive within 10 seconds, the request within 15 (checked every 2 seconds).
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 13_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 2000,
      // A second Host, Authorization or Content-Type is not ignored: a proxy may have read the other one.
      joinDuplicateHeaders: true,
    },
    handle,
  );
  answerMalformed(server, tooLarge);
  return server;
}
