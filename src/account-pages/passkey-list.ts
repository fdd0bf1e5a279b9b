import { createHash } from 'node:crypto';
import type { Account } from '../accounts/accounts.ts';
import type { KeyKind } from '../accounts/credentials/passkey-options.ts';
import { passkeysOf } from '../accounts/credentials/passkey-records.ts';
import { MAX_PASSKEYS, type Passkeys } from '../accounts/credentials/passkeys.ts';
import { asksForSecondFactor } from '../config/reachable-acr.ts';
import { relyingParty } from '../config/relying-party.ts';
import { Problem } from '../http/problem.ts';
import { type AccountFrame, accountFrame } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-passkeys': PasskeysPage;
  }
}

/** Without a form: its links lead to pages with one. */
export interface PasskeysPage extends AccountFrame {
  passkeys: ShownPasskey[];
  canAdd: boolean;
  /** Whether a security key is of use: second factors are on. */
  offersKeys: boolean;
  /** For the browser, which then no longer offers those that were removed (Web Authentication Level 3 §5.1.10.3). */
  accepted: { rpId: string; userId: string; allAcceptedCredentialIds: string[] };
}

export interface ShownPasskey {
  handle: string;
  name: string;
  /** False for a security key, a second factor. */
  isPasskey: boolean;
  /** It cannot be used here: it is bound to another domain. */
  isElsewhere: boolean;
  /** Epoch seconds. */
  createdAt: number;
  lastUsedAt?: number | undefined;
}

export const PASSKEYS_PATH = '/account/passkeys';

export function passkeysPage(services: AccountServices): AccountPage {
  const { config, renderPage } = services;
  return {
    show: (ctx) => {
      requirePasskeys(services);
      const { account } = ctx.state.person;
      const { rpId = '' } = relyingParty(config) ?? {};
      const passkeys = passkeysOf(account);
      renderPage(ctx, 'account-passkeys', {
        ...accountFrame(ctx, services, PASSKEYS_PATH),
        passkeys: passkeys.map(({ id, ...shown }) => ({
          handle: passkeyHandle(id),
          name: shown.name,
          isPasskey: shown.isPasskey,
          isElsewhere: shown.rpId !== rpId,
          createdAt: shown.createdAt,
          lastUsedAt: shown.lastUsedAt,
        })),
        canAdd: passkeys.length < MAX_PASSKEYS,
        offersKeys: asksForSecondFactor(config.mfa),
        accepted: {
          rpId,
          userId: Buffer.from(account.id).toString('base64url'),
          allAcceptedCredentialIds: passkeys.map(({ id }) => id),
        },
      });
    },
  };
}

/** @throws Problem where they are off */
export function requirePasskeys({ passkeys }: Pick<AccountServices, 'passkeys'>): Passkeys {
  if (passkeys === undefined) throw new Problem(404, 'not_found', 'passkeys are off');
  return passkeys;
}

/** Names a key in an address: credential ids may have a thousand bytes. */
function passkeyHandle(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}

/** The key of the account with this handle. */
export function passkeyByHandle(
  account: Account,
  handle: string | undefined,
): { id: string; name: string; kind: KeyKind; handle: string } | undefined {
  return passkeysOf(account)
    .map(({ id, name, isPasskey }) => ({
      id,
      name,
      kind: isPasskey ? ('passkey' as const) : ('security_key' as const),
      handle: passkeyHandle(id),
    }))
    .find((passkey) => passkey.handle === handle);
}
