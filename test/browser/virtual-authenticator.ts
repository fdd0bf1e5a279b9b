import type { Page } from 'playwright-core';
import type { Authenticator } from '../support/authenticator.ts';

/** An authenticator of a browser tab, by the DevTools protocol. Its person agrees at once to what a page asks for, also by autofill. */
export interface VirtualAuthenticator {
  /** Gives it a key that was made elsewhere. */
  addKey(key: Authenticator): Promise<void>;
  /** Credential ids. */
  keys(): Promise<string[]>;
  /** Takes it out. */
  remove(): Promise<void>;
}

const RP_ID = 'localhost';

/** @param transport `internal`: of the device itself; `usb`: a security key, which autofill does not offer */
export async function addAuthenticator(
  page: Page,
  transport: 'internal' | 'usb' = 'internal',
): Promise<VirtualAuthenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async addKey(key) {
      await session.send('WebAuthn.addCredential', { authenticatorId, credential: key.exported(RP_ID) });
    },
    async keys() {
      const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId });
      return credentials.map(({ credentialId }) => credentialId);
    },
    async remove() {
      await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
  };
}
