import { PATHS } from '../../http/paths.ts';
import type { Feature } from '../feature.ts';
import { requestObjectDecrypter } from './request-object-decryption.ts';
import { readPushedRequestObject } from './request-object-reader.ts';

/** Pushed authorization requests: a client sends the parameters itself, and the browser a reference to them. */
export const pushedRequests: Feature = {
  spec: ['RFC 9126'],
  configure: () => ({ features: { pushedAuthorizationRequests: { enabled: true } } }),
  routes: ({ decryption }) => [
    {
      kind: 'form',
      path: PATHS.pushed_authorization_request,
      name: 'pushed_authorization_request',
      repeatable: ['resource'],
      quota: 'pushedRequests',
      steps: [readPushedRequestObject({ decrypt: decryption && requestObjectDecrypter(decryption) })],
      answer: undefined,
    },
  ],
};
