import { type Clock, NEVER, nowInSeconds } from '../clock.ts';
import type { AccountStore, ArtifactStore, Payload } from '../store/store.ts';
import { parseForeignHash, sampleOf } from './credentials/foreign-hash.ts';
import { everyAccount } from './every-account.ts';

/**
 * Which password hashes of other systems accounts have: one record with a sample of each scheme and cost. A sample has the costs of a hash and is
 * that of no account. An import adds to the record before it writes its first account; a start looks whether such hashes are left.
 */

const ID = 'current';
/** A system has one or two schemes. */
const MAX_SAMPLES = 20;

/** Seconds after an import in which the record stays as it is: the import may still be writing. */
const SETTLED_AFTER = 3600;

/** @returns hashes to measure; none where no account was imported with one */
export async function importedSamples(artifacts: Pick<ArtifactStore, 'find'>): Promise<string[]> {
  return samplesIn(await artifacts.find('ImportedHashes', ID));
}

/** Adds the schemes of hashes. Call it before the first account is written. */
export async function recordImportedHashes(
  artifacts: Pick<ArtifactStore, 'update'>,
  hashes: Iterable<string>,
  clock: Clock,
): Promise<void> {
  const added = samplesByLabel(hashes);
  if (added.size === 0) return;
  await artifacts.update('ImportedHashes', ID, (current) => {
    const samples = new Map([...samplesByLabel(samplesIn(current)), ...added]);
    return recordOf([...samples.values()], nowInSeconds(clock));
  });
}

/**
 * Removes schemes that no account has any more: their people have signed in. Looks at all accounts, where there is a record.
 * @returns the number of schemes that are left
 */
export async function reviewImportedHashes(
  {
    accounts,
    artifacts,
  }: { accounts: Pick<AccountStore, 'list'>; artifacts: Pick<ArtifactStore, 'find' | 'update'> },
  clock: Clock,
): Promise<number> {
  const before = await artifacts.find('ImportedHashes', ID);
  const known = samplesByLabel(samplesIn(before));
  if (known.size === 0 || !isSettled(before, clock)) return known.size;
  const found = new Set<string>();
  for await (const page of everyAccount(accounts, { isBackground: true })) {
    for (const { passwordHash = '' } of page) {
      const label = parseForeignHash(passwordHash)?.label;
      if (label !== undefined) found.add(label);
    }
    if (found.size >= known.size) break;
  }
  const left = [...known].filter(([label]) => found.has(label)).map(([, sample]) => sample);
  await artifacts.update('ImportedHashes', ID, (current) =>
    // An import may have begun meanwhile.
    recordOf(isSettled(current, clock) ? left : samplesIn(current), atOf(current)),
  );
  return left.length;
}

function recordOf(samples: readonly string[], at: number) {
  return { payload: { samples: samples.slice(-MAX_SAMPLES), at }, expiresAt: NEVER };
}

function isSettled(payload: Payload | undefined, clock: Clock): boolean {
  return atOf(payload) + SETTLED_AFTER <= nowInSeconds(clock);
}

/** When the last import began; epoch seconds. */
function atOf(payload: Payload | undefined): number {
  return typeof payload?.at === 'number' ? payload.at : 0;
}

function samplesIn(payload: Payload | undefined): string[] {
  return Array.isArray(payload?.samples) ? payload.samples.map(String) : [];
}

function samplesByLabel(hashes: Iterable<string>): Map<string, string> {
  const samples = new Map<string, string>();
  for (const hash of hashes) {
    const label = parseForeignHash(hash)?.label;
    if (label !== undefined && !samples.has(label)) samples.set(label, sampleOf(hash));
  }
  return samples;
}
