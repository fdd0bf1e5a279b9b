import { metadataContext } from '../clients/fields/shape.ts';
import { DOMAINS_RECORD, domainWarning } from '../accounts/credentials/passkey-domains.ts';
import { adoptionProblems } from '../clients/adoption.ts';
import { clashingAudiences } from '../clients/audience-clash.ts';
import { checkDeclaredClients } from '../clients/declared.ts';
import { missingAlgorithms } from '../clients/response-algorithms.ts';
import { readClientSecrets } from '../config/client-secrets.ts';
import { type Config, type ConfigSources, type Inspected, inspectConfig } from '../config/config.ts';
import { ConfigurationError } from '../config/errors.ts';
import { relyingParty } from '../config/relying-party.ts';
import { issuerUrl } from '../config/issuer.ts';
import { PATHS } from '../http/paths.ts';
import { createAssets } from '../pages/assets.ts';
import { checkAddress, MANAGEMENT_SETTINGS, SERVER_SETTINGS } from './listener.ts';
import { createKeyRing } from '../signing/ring.ts';
import { createSealer } from '../signing/sealing/sealer.ts';
import { selfTestSigners } from '../signing/signer-self-test.ts';
import { attachHsm } from '../signing/signers/attach-hsm.ts';
import { checkKeyFiles, keyFiles } from '../signing/sources/files.ts';
import { parseMasterKeys } from '../signing/sources/master-key.ts';
import { IN_STORE } from '../signing/sources/open.ts';
import { openSealedKey } from '../signing/sources/store.ts';
import { hasDefaultKey } from '../signing/stored-key.ts';
import { checkStore, inspectStore } from '../store/open.ts';
import type { StoreContent } from '../store/store.ts';

/**
 * The checks that `signet serve` makes before it opens, writes or listens; each failure prevents the start. `serve`, `dev` and `config check`
 * run the same list.
 */

type Check = (config: Config) => Promise<string[]>;

/** Each with the configuration keys that it reads. A check is skipped when one of them is invalid: it would report consequential errors. */
const CHECKS: readonly { reads: readonly string[]; check: Check }[] = [
  { reads: [], check: checkClients },
  { reads: ['issuer', 'apis'], check: checkAudiences },
  { reads: ['brand'], check: ({ brand }) => problemsOf(() => void createAssets(brand)) },
  { reads: ['store'], check: ({ store }) => problemsOf(() => checkStore(store)) },
  { reads: ['keys', 'masterKey'], check: checkKeys },
];

/** Problems of clients that follow from a key that was left out: scopes of an API, or the algorithm, are unknown because of that. */
const CONSEQUENTIAL = [
  { of: 'apis', problems: /^clients\.\S+\.scope: / },
  { of: 'signingAlgorithms', problems: /^clients\.\S+\.\w+_signed_response_alg: / },
];

/**
 * The configuration for a server.
 * @throws ConfigurationError listing every problem at once
 */
export async function loadCheckedConfig(sources: ConfigSources): Promise<Config> {
  const { nameSource, ...inspected } = inspectConfig(sources);
  const { clients, problems: ofSecrets } = readClientSecrets(inspected.config.clients, sources.env);
  const config = Object.freeze({ ...inspected.config, clients });
  const found = [...ofSecrets, ...(await preflight({ ...inspected, config }))];
  const problems = [...inspected.problems, ...found.map(nameSource)];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return config;
}

async function preflight({ config, leftOut }: Pick<Inspected, 'config' | 'leftOut'>): Promise<string[]> {
  const due = CHECKS.filter(({ reads }) => !reads.some(leftOut));
  const found = await Promise.all(due.map(({ check }) => check(config)));
  const consequential = CONSEQUENTIAL.filter(({ of }) => leftOut(of));
  return found.flat().filter((problem) => !consequential.some(({ problems }) => problems.test(problem)));
}

async function checkClients(config: Config): Promise<string[]> {
  return checkDeclaredClients(config.clients, metadataContext(config)).problems;
}

/** Tokens for other APIs have this audience too (`oidc/tokens/userinfo-audience.ts`), also those of clients that have no access to this API. */
async function checkAudiences({ issuer, apis }: Config): Promise<string[]> {
  const userinfo = issuerUrl(issuer, PATHS.userinfo);
  return apis.some(({ audience }) => audience === userinfo)
    ? [`apis: ${userinfo} is the userinfo endpoint, an audience of tokens for other APIs; choose another`]
    : [];
}

async function checkKeys({ keys, masterKey, signingAlgorithms }: Config): Promise<string[]> {
  if (keys === IN_STORE)
    return masterKey === undefined ? [] : problemsOf(() => void parseMasterKeys(masterKey));
  const sealing = await problemsOf(() => void createSealer({ keys }).isRotating());
  return [...sealing, ...(await checkKeyFiles(keys, signingAlgorithms, Math.floor(Date.now() / 1000)))];
}

/**
 * Checks that need the store, the HSM and the machine: whether they answer and accept the credentials, whether the keys can be read and used,
 * and whether the addresses to listen on are free. Writes nothing.
 * @param config that has passed the other checks
 */
export async function connectionProblems(config: Config): Promise<string[]> {
  const { keys, masterKey, hsm: settings } = config;
  const ofClients: string[] = [];
  const problems = await problemsOf(async () => {
    const production = config.mode === 'production';
    const content = await inspectStore(config.store, { clock: Date.now, production });
    const found = storedClientProblems(config, content.clients);
    ofClients.push(...found.map((problem) => config.sourceFiles.withFile(problem)));
    const files = keyFiles(keys);
    const masterKeys = keys === IN_STORE ? parseMasterKeys(masterKey ?? '') : undefined;
    const stored = masterKeys
      ? content.signingKeys.map((record) => openSealedKey(masterKeys, record))
      : await files.read();
    const { source, hsm } = await attachHsm(files, { settings });
    try {
      if (hasDefaultKey(stored)) {
        const now = Math.floor(Date.now() / 1000);
        await selfTestSigners(createKeyRing(stored, now, source.open, config.signingAlgorithms));
      }
    } finally {
      await hsm?.close();
    }
  });
  const addresses = await Promise.all([
    problemsOf(() => checkAddress(config.host, config.port, SERVER_SETTINGS)),
    problemsOf(() => checkAddress(config.management.host, config.management.port, MANAGEMENT_SETTINGS)),
  ]);
  return [...ofClients, ...problems, ...addresses.flat()];
}

/** What does not prevent a start, and follows from the content of the store. @param config without connection problems */
export async function connectionWarnings(config: Config): Promise<string[]> {
  const production = config.mode === 'production';
  const options = { clock: Date.now, production, artifact: DOMAINS_RECORD };
  const { artifact } = await inspectStore(config.store, options);
  const warning = domainWarning(artifact, relyingParty(config));
  return warning === undefined ? [] : [config.sourceFiles.withFile(warning)];
}

function storedClientProblems(config: Config, stored: StoreContent['clients']): string[] {
  const byId = new Map(stored.map((client) => [client.id, client]));
  const { registrations } = checkDeclaredClients(config.clients, metadataContext(config));
  const adopted = new Set(registrations.filter(({ adopt }) => adopt).map(({ id }) => id));
  const added = stored.filter(({ id, source }) => source === 'added' && !adopted.has(id));
  return [
    ...registrations.flatMap((registration) => adoptionProblems(registration, byId.get(registration.id))),
    ...clashingAudiences(added, config.apis),
    ...missingAlgorithms(added, config.signingAlgorithms),
  ];
}

/** @returns the sentences of an error for the operator; other errors are thrown */
async function problemsOf(run: () => void | Promise<void>): Promise<string[]> {
  try {
    await run();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return [...error.problems];
    if (!(error instanceof Error)) throw error;
    return [error.message];
  }
}
