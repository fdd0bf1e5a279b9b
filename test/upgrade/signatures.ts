import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { eventually } from '../support/eventually.ts';
import type { Version } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import type { Traffic } from './traffic.ts';

/** Verification with the keys that each version publishes. */

/** Seconds in which a server follows a change of the keys (docs/operations.md), and as much again on a busy machine. */
const FOLLOWS = 4;

/** @param by which version issued it */
export async function verifyAtEach(
  traffic: Traffic,
  ledger: Ledger,
  token: string,
  by: Version,
): Promise<void> {
  for (const node of traffic.nodes()) {
    let [last, published] = ['', ''];
    const { version } = node;
    const isVerified = async (): Promise<boolean> => {
      const response = await traffic.fetch(`${traffic.issuer}/jwks`, {}, node);
      const keys = (await response.json()) as JSONWebKeySet;
      published = keys.keys.map(({ alg }) => alg).join(' ');
      try {
        await jwtVerify(token, createLocalJWKSet(keys), { issuer: traffic.issuer });
        return true;
      } catch (error) {
        last = (error as Error).message;
        return false;
      }
    };
    // After `keys rotate --now` a node signs with a key that others publish a moment later.
    const holds = await eventually('the key is published', isVerified, FOLLOWS).then(
      () => true,
      () => false,
    );
    ledger.note(
      `keys of the ${version} version: ${[...new Set(published.split(' '))].toSorted().join(', ')}`,
    );
    const { alg } = decodeProtectedHeader(token);
    ledger.check(
      'accepted',
      holds,
      () => `${alg} token of the ${by} version with the keys of the ${version} one: ${last}, ${published}`,
    );
  }
}
