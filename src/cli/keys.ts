import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Adoption, readAdoption } from '../audit/key-readers.ts';
import { duration } from '../config/duration.ts';
import { describeKeys, type KeyDescription } from '../signing/key-list.ts';
import { type KeySource, noKey } from '../signing/key-source.ts';
import { promote, rotate, rotationSettings, withdraw } from '../signing/rotation.ts';
import { attachHsm } from '../signing/signers/attach-hsm.ts';
import { openKeySource } from '../signing/sources/open.ts';
import { type CommandContext, withContext } from './context.ts';
import { formatTime, printJson, printLine, printTable } from './output.ts';

/** `signet keys`: the signing keys, where the configuration says they are. Private keys are never shown. */

export function register(program: Command): void {
  const keys = program
    .command('keys')
    .summary('list, rotate and retire the signing keys')
    .description(
      'Lists, rotates and retires the signing keys. Private keys are never shown. A running server follows within seconds.',
    );
  keys
    .command('list')
    .description(
      'Lists the keys and what each is for: announced, signing, retired or gone. ADOPTION tells how many of the\n' +
        'known readers of the JWKS have fetched it since the key was announced, HSM the CKA_ID of one that is in an HSM.',
    )
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }, command: Command) =>
      withContext(command, async (context) => {
        const described = await describe(context);
        if (json) printJson(described);
        else printKeys(described);
      }),
    );
  keys
    .command('rotate')
    .description(
      'Announces a new key. It signs ten minutes later, when every cache of the JWKS has it; the old one stays\n' +
        'published until its last token has expired.',
    )
    .option('--when-adopted', 'wait until every known reader has fetched the new key, and let it sign then')
    .addOption(
      new Option(
        '--now',
        'let it sign at once, also one that is announced already: copies of the JWKS do not have it yet',
      ).conflicts('whenAdopted'),
    )
    .option('--local', 'make the key here, although the configuration names an HSM')
    .option(
      '--timeout <time>',
      'with --when-adopted: after so long, give up waiting and let it sign: 600, 90m, 1d',
      parseTimeout,
      3600,
    )
    .action((options: RotateOptions, command: Command) =>
      withContext(command, (context) =>
        withKeys(context, options.local === true, (source) => rotateKeys(context, source, options)),
      ),
    );
  keys
    .command('retire <kid>')
    .description(
      'Withdraws a key at once, for an emergency: its tokens are refused as soon as caches of the JWKS have run out.\n' +
        'KID may be shortened. Needs --now, as people with such tokens must sign in again.',
    )
    .requiredOption('--now', 'do it')
    .option('--local', 'leave the HSM alone; where a key has to take over at once, make it here')
    .action((kid: string, { local }: { local?: boolean }, command: Command) =>
      withContext(command, (context) =>
        withKeys(context, local === true, (source) => retireKey(context, source, kid)),
      ),
    );
}

interface RotateOptions {
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

function printKeys(keys: readonly Described[]): void {
  const time = (seconds: number | undefined) => (seconds === undefined ? '' : formatTime(seconds));
  printTable(
    ['KID', 'ALG', 'STATE', 'ANNOUNCED', 'SIGNS FROM', 'RETIRES', 'GONE', 'ADOPTION', 'HSM'],
    keys.map((key) => [
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
  );
}

/** The keys, with the HSM behind them that makes new ones; it is closed in the end. */
async function withKeys(
  { config, store, clock }: CommandContext,
  local: boolean,
  run: (source: KeySource) => Promise<void>,
): Promise<void> {
  const here = openKeySource(config, store, clock);
  // The first key is made by a server: a command that finds none is in the wrong directory.
  if ((await here.read()).length === 0) throw noKey(here);
  if (local) return run(here);
  const { source, hsm } = await attachHsm(here, { settings: config.hsm });
  try {
    await run(source);
  } finally {
    await hsm?.close();
  }
}

async function rotateKeys(
  context: CommandContext,
  source: KeySource,
  { whenAdopted: waits = false, now: atOnce = false, timeout }: RotateOptions,
): Promise<void> {
  const { config, store, audit, clock } = context;
  const settings = rotationSettings(config);
  const now = (): number => Math.floor(clock() / 1000);
  let isNew = false;
  const successor = await rotate(source, settings, now(), {
    ...(waits && { signsFrom: now() + timeout }),
    ...(atOnce && { signsFrom: now() }),
    onMade: () => (isNew = true),
  });
  const { kid, announcedAt, signsFrom } = successor;
  const promoteNow = async (): Promise<void> => {
    await promote(source, kid, settings, now());
    audit.record({ type: 'key.promoted', detail: { kid } });
  };
  if (isNew) audit.record({ type: 'key.announced', detail: { kid } });
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

async function retireKey({ audit, clock }: CommandContext, source: KeySource, kid: string): Promise<void> {
  const keys = await describeKeys({ source, clock });
  const [key, ...more] = keys.filter((candidate) => candidate.kid.startsWith(kid));
  if (key === undefined) throw new Error(`there is no key ${kid}; signet keys list shows them`);
  if (more.length > 0) throw new Error(`${kid} is the beginning of several keys; write more of it`);
  await withdraw(source, key.kid, Math.floor(clock() / 1000));
  audit.record({ type: 'key.withdrawn', detail: { kid: key.kid } });
  printLine(`withdrew ${key.kid}`);
}

function parseTimeout(text: string): number {
  const parsed = duration.safeParse(text);
  if (!parsed.success)
    throw new InvalidArgumentError('Expected seconds, or a number with a unit: 90s, 12h, 7d.');
  return parsed.data;
}
