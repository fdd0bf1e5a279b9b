import { randomBytes } from 'node:crypto';
import type { ArtifactStore } from '../store/store.ts';

/**
 * Browsers in which someone has signed in before. Each keeps a random token in a cookie, and the store knows of which accounts; it is
 * worth nothing without the password. A new password, disabling and removing make an account's devices unknown again.
 */
export interface KnownDevices {
  /** @param account undefined where there is none, which takes as long */
  isKnown(token: string | undefined, account: DeviceAccount | undefined): Promise<boolean>;
  /** @param token what the browser has, if anything. @returns what it shall keep */
  remember(token: string | undefined, account: DeviceAccount): Promise<string>;
}

type DeviceAccount = { id: string; generation: number };

const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;

/** Seconds after which a sign-in on a known device prolongs its life. */
const REFRESH = 86_400;

/**
 * @param options.lifetime seconds that a device stays known after its last sign-in
 * @param options.clock epoch milliseconds
 */
export function createKnownDevices(options: {
  artifacts: Pick<ArtifactStore, 'find' | 'upsert'>;
  lifetime: number;
  clock: () => number;
}): KnownDevices {
  const { artifacts, lifetime, clock } = options;
  const idOf = (token: string, account: DeviceAccount | undefined) => `${token}\n${account?.id ?? ''}`;
  const find = async (token: string, account: DeviceAccount | undefined) => {
    const found = await artifacts.find('KnownDevice', idOf(token, account));
    return found?.generation === account?.generation ? found : undefined;
  };
  return {
    async isKnown(token, account) {
      if (token === undefined || !TOKEN.test(token)) return false;
      return (await find(token, account)) !== undefined;
    },
    async remember(given, account) {
      const now = Math.floor(clock() / 1000);
      const token = given !== undefined && TOKEN.test(given) ? given : generateToken();
      const known = token === given ? await find(token, account) : undefined;
      if (known === undefined || Number(known.at) + REFRESH < now) {
        await artifacts.upsert('KnownDevice', idOf(token, account), {
          payload: { generation: account.generation, at: now },
          expiresAt: now + lifetime,
          accountId: account.id,
        });
      }
      return token;
    },
  };
}

function generateToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}
