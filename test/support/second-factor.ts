import { HOTP, Secret } from 'otpauth';
import { createEnrolledFactors } from '../../src/accounts/enrolled-factors.ts';
import type { Store } from '../../src/store/store.ts';
import type { Config } from '../../src/config/config.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { withLastingSessions } from './lasting-sessions.ts';

/** Codes of an authenticator app; each is used once, in time order. */
export interface App {
  next(): string;
}

/** Seconds that a code is for. */
const STEP = 30;

/** The app for a secret, as a page shows it: its first code is to enrol it, the three after it are accepted at once. */
export function appOf(secret: string): App {
  const key = Secret.fromBase32(secret.replaceAll(' ', ''));
  const current = () => Math.floor(Date.now() / 1000 / STEP);
  let used: number | undefined;
  return {
    next: () => {
      used = used === undefined ? current() - 2 : Math.max(used + 1, current() - 1);
      return HOTP.generate({ secret: key, counter: used });
    },
  };
}

/**
 * Gives an account an authenticator app, by the store: as after an enrolment some minutes ago. Its sessions stay.
 * @returns codes that are accepted now, up to three
 */
export async function addAuthenticatorApp(
  { store, config }: { store: Store; config: Config },
  { id, username }: { id: string; username: string },
): Promise<App> {
  const accounts = withLastingSessions(store.accounts);
  const factors = createEnrolledFactors({ accounts, sealer: createSealer(config), clock: Date.now });
  const { ticket, secret } = await factors.beginTotp({ id, username }, 'Signet');
  const app = appOf(secret);
  const { outcome } = await factors.confirmTotp(id, ticket, app.next());
  if (outcome !== 'enrolled') throw new Error(`the app was not enrolled: ${outcome}`);
  return app;
}
