import { accountContract } from './contract-accounts.ts';
import { accountSearchContract } from './contract-account-search.ts';
import { artifactContract } from './contract-artifacts.ts';
import { auditContract } from './contract-audit.ts';
import { clientContract } from './contract-clients.ts';
import { counterContract } from './contract-counters.ts';
import { jobContract } from './contract-jobs.ts';
import { sessionJobContract } from './contract-session-jobs.ts';
import { lifecycleContract } from './contract-lifecycle.ts';
import { listedContract } from './contract-listed.ts';
import { oneTimeContract } from './contract-one-time.ts';
import { oneTimeModelContract } from './contract-one-time-model.ts';
import { revocationContract } from './contract-revocation.ts';
import { signingKeyContract } from './contract-signing-keys.ts';
import { type OpenStore, storeTests } from './store-test.ts';
import { unitContract } from './contract-unit.ts';
import { updateContract } from './contract-update.ts';
import { versionContract } from './contract-versions.ts';

/**
 * The contract of `src/store/store.ts`. Every implementation passes it; a new one is one more call.
 * @param open opens an empty store of the real implementation; the suite closes it
 */
export function describeStoreContract(name: string, open: OpenStore): void {
  describe(`Store contract: ${name}`, () => {
    const it = storeTests(open);
    describe('artifacts', () => artifactContract(it));
    describe('artifacts that are updated', () => updateContract(it));
    describe('units of work', () => unitContract(it));
    describe('versions of artifacts', () => versionContract(it));
    describe('one-time artifacts', () => oneTimeContract(it));
    describe('one-time artifacts and tombstones, against a model', () => oneTimeModelContract(it));
    describe('revocation', () => revocationContract(it));
    describe('sessions and consents by account', () => listedContract(it));
    describe('accounts', () => accountContract(it));
    describe('searches for accounts', () => accountSearchContract(it, true));
    describe('searches for accounts while the index is incomplete', () => accountSearchContract(it, false));
    describe('clients', () => clientContract(it));
    describe('signing keys', () => signingKeyContract(it));
    describe('audit events', () => auditContract(it));
    describe('counters', () => counterContract(it));
    describe('jobs', () => jobContract(it));
    describe('jobs of sessions', () => sessionJobContract(it));
    describe('life cycle', () => lifecycleContract(it));
  });
}
