import { randomBytes } from 'node:crypto';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { ArtifactStore, Payload } from '../store/store.ts';

/**
 * Browsers in which someone has signed in before. Each keeps a random token in a cookie, and the store knows of which account; it is
 * worth nothing without the password. A new password, disabling and removing make an account's devices unknown again.
 *
 * A token is known for one account, the last that signed in with that browser, and is always one that the server made for that account.
 * When another account signs in, the browser gets a new token and the old one ends. So a token that was planted in a browser is
 * never known for the account that signs in there (session fixation, CWE-384), and of several people who share a browser,
 * none keeps a token that counts for the others.
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

/** @param options.lifetime seconds that a device stays known after its last sign-in */
export function createKnownDevices(options: {
  artifacts: Pick<ArtifactStore, 'find' | 'upsert' | 'destroy'>;
  lifetime: number;
  clock: Clock;
}): KnownDevices {
  const { artifacts, lifetime, clock } = options;
  const find = async (token: string | undefined) =>
    token !== undefined && TOKEN.test(token) ? await artifacts.find('KnownDevice', token) : undefined;
  const write = (token: string, { id, generation }: DeviceAccount) => {
    const now = nowInSeconds(clock);
    const payload = { account: id, generation, at: now };
    return artifacts.upsert('KnownDevice', token, { payload, expiresAt: now + lifetime, accountId: id });
  };
  return {
    async isKnown(token, account) {
      return isOf(await find(token), account);
    },
    async remember(given, account) {
      const found = await find(given);
      if (given !== undefined && found !== undefined && isOf(found, account)) {
        if (Number(found.at) + REFRESH < nowInSeconds(clock)) await write(given, account);
        return given;
      }
      const token = generateToken();
      await write(token, account);
      if (given !== undefined && found !== undefined) await artifacts.destroy('KnownDevice', given);
      return token;
    },
  };
}

function isOf(device: Payload | undefined, account: DeviceAccount | undefined): boolean {
  return device !== undefined && device.account === account?.id && device.generation === account?.generation;
}

function generateToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}
