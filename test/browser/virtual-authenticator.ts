import type { Page } from 'playwright-core';
import type { Authenticator } from '../support/authenticator.ts';

/** An authenticator of a browser tab, by the DevTools protocol. Its person agrees at once to what a page asks for, also by autofill, unless told otherwise. */
export interface VirtualAuthenticator {
  /** Gives it a key that was made elsewhere. */
  addKey(key: Authenticator): Promise<void>;
  /** Credential ids. */
  keys(): Promise<string[]>;
  /** Whether its person agrees from now on. */
  agree(agrees: boolean): Promise<void>;
  /** Takes it out. */
  remove(): Promise<void>;
}

const RP_ID = 'localhost';

/** @param options.transport `internal`: of the device itself; `usb`: a security key, which autofill does not offer */
export async function addAuthenticator(
  page: Page,
  { transport = 'internal', agrees = true }: { transport?: 'internal' | 'usb'; agrees?: boolean } = {},
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
      automaticPresenceSimulation: agrees,
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
    async agree(enabled) {
      await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    },
    async remove() {
      await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
  };
}
