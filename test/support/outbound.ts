import type { Outbound } from '../../src/outbound/outbound.ts';

/** For parts of a server whose test sends no request to an address of a client. */
export const noOutbound: Outbound = {
  get: () => Promise.reject(new Error('this test has no outbound requests')),
  post: () => Promise.reject(new Error('this test has no outbound requests')),
};
