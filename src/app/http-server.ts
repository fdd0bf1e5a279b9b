import { createServer, type RequestListener, type Server } from 'node:http';
import { answerMalformed } from '../http/malformed.ts';
import type { HeadersTooLarge } from '../http/headers-too-large.ts';

/** The HTTP server that clients reach, with its time-outs. It does not listen yet; `listener.ts` does that. */
export function createHttpServer(handle: RequestListener, tooLarge: HeadersTooLarge): Server {
  // Slow clients are cut off: headers within 10 seconds, the whole request within 15 (looked at every other second).
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 13_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 2000,
      // A second Host, Authorization or Content-Type is not passed over, so that it does not contradict a proxy which read the other one.
      joinDuplicateHeaders: true,
    },
    handle,
  );
  answerMalformed(server, tooLarge);
  return server;
}
