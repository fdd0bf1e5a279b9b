import { HOTP, Secret } from 'otpauth';
import { createEnrolledFactors, type EnrolledFactors } from '../../src/accounts/enrolled-factors.ts';
import type { Config } from '../../src/config/config.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import type { Store } from '../../src/store/store.ts';
import { withLastingSessions } from './lasting-sessions.ts';

const PERIOD = 30;

/** The code that an app shows. @param step of 30 seconds, from the current one */
export function appCode(secret: string, step = 0): string {
  return HOTP.generate({
    secret: Secret.fromBase32(secret.replaceAll(' ', '')),
    counter: Math.floor(Date.now() / 1000 / PERIOD) + step,
  });
}

/** The factors of the accounts of a running server. Sessions stay. */
export function factorsOn(config: Config, store: Pick<Store, 'accounts'>): EnrolledFactors {
  const accounts = withLastingSessions(store.accounts);
  return createEnrolledFactors({ accounts, sealer: createSealer(config), clock: Date.now });
}

/** Gives an account an authenticator app, whose codes of the last minutes are unused. @returns its secret */
export async function giveApp(
  factors: EnrolledFactors,
  account: { id: string; username: string },
): Promise<string> {
  const { ticket, secret } = await factors.beginTotp(account, 'Signet');
  await factors.confirmTotp(account.id, ticket, appCode(secret, -5));
  return secret;
}
