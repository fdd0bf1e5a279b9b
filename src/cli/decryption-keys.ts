import type { CommandContext } from './context.ts';
import { createSealer } from '../signing/sealing/sealer.ts';
import {
  DECRYPTION_ALGORITHMS,
  type DecryptionAlgorithm,
  type DecryptionKeyTimes,
} from '../signing/decryption/decryption-key.ts';
import {
  type DecryptionKeyOptions,
  readDecryptionKeys,
  rotateDecryptionKey,
  withdrawDecryptionKey,
} from '../signing/decryption/decryption-ring.ts';
import { formatTime, printLine } from './output.ts';

/** The part of `signet keys` for the keys that clients encrypt request objects to. They are in the store, sealed. */

export type DescribedDecryptionKey = DecryptionKeyTimes & { use: 'enc'; state: 'published' | 'retired' };

export async function describeDecryptionKeys({ store }: CommandContext): Promise<DescribedDecryptionKey[]> {
  const keys = await readDecryptionKeys(store);
  return keys.map(({ kid, alg, createdAt, retiresAt, goneAt }) => ({
    kid,
    alg,
    use: 'enc',
    state: retiresAt === undefined ? 'published' : 'retired',
    createdAt,
    retiresAt,
    goneAt,
  }));
}

export function isDecryptionAlgorithm(alg: string): alg is DecryptionAlgorithm {
  return DECRYPTION_ALGORITHMS.some((each) => each === alg);
}

export async function rotateDecryption(context: CommandContext, alg: DecryptionAlgorithm): Promise<void> {
  if (!context.config.requestObjects.encryption) {
    throw new Error(`there is no key for ${alg}: requestObjects.encryption is off`);
  }
  const made = await rotateDecryptionKey(optionsOf(context), alg);
  if (made === undefined) return;
  context.audit.record({ type: 'key.announced', detail: { kid: made.kid, alg } });
  printLine(`made ${made.kid}: clients encrypt to it when they read the JWKS again`);
  for (const { kid, goneAt } of await describeDecryptionKeys(context)) {
    if (goneAt !== undefined) printLine(`${kid} decrypts until ${formatTime(goneAt)}`);
  }
}

export async function retireDecryptionKey(context: CommandContext, kid: string): Promise<void> {
  const alg = (await readDecryptionKeys(context.store)).find((key) => key.kid === kid)?.alg;
  if (alg === undefined || !(await withdrawDecryptionKey(optionsOf(context), kid))) return;
  context.audit.record({ type: 'key.withdrawn', detail: { kid, alg } });
  printLine(`withdrew ${kid}`);
}

function optionsOf({ config, store, clock }: CommandContext): DecryptionKeyOptions {
  return {
    artifacts: store.artifacts,
    sealer: createSealer(config),
    clock,
    period: config.keyRotation,
  };
}
