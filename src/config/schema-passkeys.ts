import * as v from 'valibot';
import { optional, text, withDefault } from './schema-values.ts';

/** The keys of `signet.yaml` for passkeys and security keys (Web Authentication Level 3). */

export const passkeys = v.strictObject({
  enabled: withDefault(
    v.boolean(),
    'False: passkeys and security keys can neither be added nor used; those that exist are kept. On by default, because a passkey is an offer beside the password.',
    true,
  ),
  rpId: optional(
    text,
    'Domain that passkeys are bound to: the host of the issuer, or a parent domain of it (`example.com`), so that the issuer can move below that domain. A change makes all existing passkeys unusable. Default: the host of the issuer.',
  ),
});
