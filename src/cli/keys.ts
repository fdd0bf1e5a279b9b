import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Adoption, readAdoption } from '../audit/key-readers.ts';
import { parseDuration } from '../config/duration.ts';
import { DEFAULT_ALGORITHM, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../signing/algorithms.ts';
import { DECRYPTION_ALGORITHMS, type DecryptionAlgorithm } from '../signing/decryption/decryption-key.ts';
import { describeKeys, type KeyDescription } from '../signing/key-list.ts';
import { type KeySource, noKey } from '../signing/key-source.ts';
import { promote, rotate, rotationSettings, withdraw } from '../signing/rotation.ts';
import { attachHsm } from '../signing/signers/attach-hsm.ts';
import { openKeySource } from '../signing/sources/open.ts';
import { type CommandContext, withContext } from './context.ts';
import {
  describeDecryptionKeys,
  type DescribedDecryptionKey,
  isDecryptionAlgorithm,
  retireDecryptionKey,
  rotateDecryption,
} from './decryption-keys.ts';
import { hasDefaultKey } from '../signing/stored-key.ts';
import { registerExport } from './keys-export.ts';
import { formatTime, printJson, printLine, printTable } from './output.ts';

/** `signet keys`: the signing keys in the configured place, files or store. Private keys are never shown. */

export function register(program: Command): void {
  const keys = program
    .command('keys')
    .summary('list, export, rotate and retire the signing keys')
    .description(
      'Lists, exports, rotates and retires the signing keys. Private keys are never shown. A running server follows within seconds.',
    );
  registerList(keys);
  registerExport(keys);
  registerRotate(keys);
  registerRetire(keys);
}

function registerList(keys: Command): void {
  keys
    .command('list')
    .description(
      'Lists the keys and their states: announced, signing, retired or gone; published or retired for those that clients encrypt to.\n' +
        'ADOPTION is the number of known readers of the JWKS that have fetched it since the key was announced, HSM the CKA_ID of a\n' +
        'key in an HSM.',
    )
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }, command: Command) =>
      withContext(command, async (context) => {
        const described = await describe(context);
        const decryption = await describeDecryptionKeys(context);
        if (json) printJson([...described, ...decryption]);
        else printKeys(described, decryption);
      }),
    );
}

function registerRotate(keys: Command): void {
  keys
    .command('rotate')
    .description(
      'Announces a new key. It signs ten minutes later, when every cache of the JWKS has it. The old key stays published\n' +
        'until its last token has expired.',
    )
    .addOption(
      new Option('--alg <algorithm>', 'algorithm of the key; the keys of others do not change')
        .choices([...SIGNING_ALGORITHMS, ...DECRYPTION_ALGORITHMS])
        .default(DEFAULT_ALGORITHM),
    )
    .option('--when-adopted', 'wait until every known reader has fetched the new key, then sign with it')
    .addOption(
      new Option(
        '--now',
        'sign with it at once, also with a key announced before; caches of the JWKS do not have it yet',
      ).conflicts('whenAdopted'),
    )
    .option('--local', 'generate the key locally, although an HSM is configured')
    .option(
      '--timeout <time>',
      'with --when-adopted: sign with it after this time at the latest: 600, 90m, 1d',
      parseTimeout,
      3600,
    )
    .action(
      (
        options: Omit<RotateOptions, 'alg'> & { alg: SigningAlgorithm | DecryptionAlgorithm },
        command: Command,
      ) =>
        withContext(command, async (context) => {
          const { alg, local } = options;
          if (isDecryptionAlgorithm(alg)) await rotateDecryption(context, alg);
          else
            await withKeys(context, local === true, (source) =>
              rotateKeys(context, source, { ...options, alg }),
            );
        }),
    );
}

function registerRetire(keys: Command): void {
  keys
    .command('retire <kid>')
    .description(
      'Withdraws a key at once, for an emergency: its tokens are rejected when caches of the JWKS have expired. KID may be\n' +
        'shortened. Needs --now, because people with such tokens must sign in again.',
    )
    .requiredOption('--now', 'confirm')
    // A KID may begin with a hyphen (base64url).
    .allowUnknownOption()
    .option('--local', 'do not use the HSM; if a new key must sign at once, generate it locally')
    .action((kid: string, { local }: { local?: boolean }, command: Command) =>
      withContext(command, (context) =>
        withKeys(context, local === true, (source) => retireKey(context, source, kid)),
      ),
    );
}

interface RotateOptions {
  alg: SigningAlgorithm;
  whenAdopted?: boolean;
  now?: boolean;
  /** Seconds. */
  timeout: number;
  local?: boolean;
}

type Described = KeyDescription & { adoption?: Adoption };

async function describe({ config, store, clock }: CommandContext): Promise<Described[]> {
  const described = await describeKeys({ source: openKeySource(config, store, clock), clock });
  return Promise.all(
    described.map(async (key) =>
      key.state === 'gone'
        ? key
        : Object.assign(key, { adoption: await readAdoption(store.audit, key.announcedAt) }),
    ),
  );
}

function printKeys(keys: readonly Described[], decryption: readonly DescribedDecryptionKey[]): void {
  const time = (seconds: number | undefined) => (seconds === undefined ? '' : formatTime(seconds));
  printTable(
    ['KID', 'ALG', 'STATE', 'ANNOUNCED', 'SIGNS FROM', 'RETIRES', 'GONE', 'ADOPTION', 'HSM'],
    [
      ...keys.map((key) => [
        key.kid,
        key.alg,
        key.state,
        time(key.announcedAt),
        time(key.signsFrom),
        time(key.retiresAt),
        time(key.goneAt),
        key.adoption === undefined ? '' : `${key.adoption.adopted} of ${key.adoption.readers}`,
        key.hsmId ?? '',
      ]),
      ...decryption.map(({ kid, alg, state, createdAt, retiresAt, goneAt }) => [
        kid,
        alg,
        state,
        time(createdAt),
        '',
        time(retiresAt),
        time(goneAt),
        '',
        '',
      ]),
    ],
  );
}

/** Runs with the key source, whose new keys come from the configured HSM unless `local`. Closes the HSM. */
async function withKeys(
  { config, store, clock }: CommandContext,
  local: boolean,
  run: (source: KeySource) => Promise<void>,
): Promise<void> {
  const localSource = openKeySource(config, store, clock);
  // A server makes the first key: a command that finds none was called in the wrong directory.
  if (!hasDefaultKey(await localSource.read())) throw noKey(localSource);
  if (local) return run(localSource);
  const { source, hsm } = await attachHsm(localSource, { settings: config.hsm });
  try {
    await run(source);
  } finally {
    await hsm?.close();
  }
}

async function rotateKeys(
  context: CommandContext,
  source: KeySource,
  { alg, whenAdopted: waits = false, now: isNow = false, timeout }: RotateOptions,
): Promise<void> {
  const { config, store, audit, clock } = context;
  // The suite looks for the new key moments after the command.
  const atOnce = isNow || (config.profile === 'conformance' && !waits);
  const settings = rotationSettings(config);
  if (!settings.algorithms.includes(alg)) {
    throw new Error(
      `${alg} is not in signingAlgorithms; add it there and start the server, which makes its first key`,
    );
  }
  const now = (): number => Math.floor(clock() / 1000);
  let isNew = false;
  const successor = await rotate(source, settings, now(), {
    alg,
    ...(waits && { signsFrom: now() + timeout }),
    ...(atOnce && { signsFrom: now() }),
    onMade: () => (isNew = true),
  });
  const { kid, announcedAt, signsFrom } = successor;
  const promoteNow = async (): Promise<void> => {
    await promote(source, kid, settings, now());
    audit.record({ type: 'key.promoted', detail: { kid, alg } });
  };
  if (isNew) audit.record({ type: 'key.announced', detail: { kid, alg } });
  if (atOnce) {
    if (!isNew) await promoteNow();
    printLine(isNew ? `announced ${kid}: it signs now` : `${kid} was announced already: it signs now`);
    process.stderr.write(
      `warning: APIs that cached the JWKS before ${formatTime(announcedAt)} refuse its tokens until they fetch it again\n`,
    );
    return;
  }
  const already = waits ? '' : 'nothing was changed: ';
  const begins = `signs from ${formatTime(signsFrom)}`;
  printLine(isNew ? `announced ${kid}` : `${already}${kid} is announced already and ${begins}`);
  while (waits && now() < signsFrom) {
    const { adopted, readers } = await readAdoption(store.audit, announcedAt);
    printLine(`${adopted} of ${readers} readers have it`);
    if (readers > 0 && adopted === readers) {
      await promoteNow();
      printLine('every known reader has it: it signs now');
      return;
    }
    await sleep(5000);
  }
  printLine(isNew || waits ? `it ${begins}` : 'signet keys rotate --now has it sign at once');
}

async function retireKey(context: CommandContext, source: KeySource, kid: string): Promise<void> {
  const { config, audit, clock } = context;
  const keys = [...(await describeKeys({ source, clock })), ...(await describeDecryptionKeys(context))];
  const [key, ...more] = keys.filter((candidate) => candidate.kid.startsWith(kid));
  if (key === undefined) throw new Error(`there is no key ${kid}; signet keys list shows them`);
  if (more.length > 0) throw new Error(`${kid} is the beginning of several key ids; give more characters`);
  if ('use' in key) return await retireDecryptionKey(context, key.kid);
  await withdraw(source, key.kid, rotationSettings(config), Math.floor(clock() / 1000));
  audit.record({ type: 'key.withdrawn', detail: { kid: key.kid, alg: key.alg } });
  printLine(`withdrew ${key.kid}`);
}

function parseTimeout(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw new InvalidArgumentError('Expected seconds, or a number with a unit: 90s, 12h, 7d.');
  return seconds;
}
