import { createKeyReaderLog } from '../../audit/key-readers.ts';
import { jwksRoute } from '../../http/jwks.ts';
import { DISCOVERY_PATHS } from '../../http/paths.ts';
import type { Feature } from '../feature.ts';

/** The metadata documents, by the engine from its configuration, and the public keys of the ring. */
export const discovery: Feature = {
  spec: ['OpenID Connect Discovery 1.0', 'RFC 8414', 'RFC 7517'],
  auditEvents: ['keys.read'],
  routes: ({ published, audit }) => [
    ...DISCOVERY_PATHS.map((path) => ({
      kind: 'json' as const,
      path,
      name: 'discovery',
      answer: undefined,
    })),
    jwksRoute(published, createKeyReaderLog(audit)),
  ],
};
