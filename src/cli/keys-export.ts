import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { nowInSeconds } from '../clock.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../signing/algorithms.ts';
import { noKey } from '../signing/key-source.ts';
import { type PublicKeyFile, publicJwks, publicKeyFiles } from '../signing/public-keys.ts';
import { openKeySource } from '../signing/sources/open.ts';
import { withContext } from './context.ts';
import { formatTime, printJson, printLine } from './output.ts';

/** `signet keys export`: the public keys, for software that does not read the JWKS. */

interface ExportOptions {
  pem?: boolean;
  alg?: SigningAlgorithm;
  out?: string;
  json?: boolean;
}

export function registerExport(keys: Command): void {
  keys
    .command('export')
    .description(
      'Prints the public keys of the JWKS: those that sign, and those that are announced or retired. With --pem for software that\n' +
        'reads files, such as jwt_verify of HAProxy, each with its kid, algorithm and state; without, as a JWK Set. After a rotation,\n' +
        'export again within ten minutes: the new key signs then.',
    )
    .option('--pem', 'SubjectPublicKeyInfo in PEM instead of a JWK Set')
    .addOption(new Option('--alg <algorithm>', 'only the keys of this algorithm').choices(SIGNING_ALGORITHMS))
    .option('--out <directory>', 'with --pem: write a file KID.pem for each key')
    .option('--json', 'with --pem: print JSON, each key with kid, alg, state, times and pem')
    .action((options: ExportOptions, command: Command) => {
      const { pem, alg, out, json } = options;
      if (!pem && (out !== undefined || json)) command.error('error: --out and --json need --pem');
      if (json && out !== undefined) command.error('error: --out and --json exclude each other');
      return withContext(command, async ({ config, store, clock }) => {
        const source = openKeySource(config, store, clock);
        const stored = await source.read();
        if (stored.length === 0) throw noKey(source);
        const files = publicKeyFiles(stored, nowInSeconds(clock)).filter(
          (key) => alg === undefined || key.alg === alg,
        );
        if (files.length === 0)
          throw new Error(`there is no key for ${alg}; signet keys list shows those there are`);
        if (!pem) printJson(publicJwks(files));
        else if (json) printJson(files.map(inJson));
        else if (out === undefined) printLine(files.map(inPem).join('\n').trimEnd());
        else writeFiles(out, files);
      });
    });
}

/** Text before the key is allowed (RFC 7468 §5.2). */
function inPem({ kid, alg, state, signsFrom, retiresAt, goneAt, pem }: PublicKeyFile): string {
  const times = { announced: signsFrom, signing: retiresAt, retired: goneAt };
  const words = {
    announced: 'announced, signs from',
    signing: 'signing, until',
    retired: 'retired, published until',
  };
  const time = times[state];
  const shown = time === undefined ? state : `${words[state]} ${formatTime(time)}`;
  return `kid: ${kid}\nalg: ${alg}\nstate: ${shown}\n${pem}`;
}

function inJson({
  kid,
  alg,
  state,
  signsFrom,
  retiresAt,
  goneAt,
  pem,
}: PublicKeyFile): Record<string, unknown> {
  const time = (seconds: number | undefined) => (seconds === undefined ? undefined : formatTime(seconds));
  return {
    kid,
    alg,
    state,
    signs_from: time(signsFrom),
    retires_at: time(retiresAt),
    gone_at: time(goneAt),
    pem,
  };
}

function writeFiles(directory: string, files: readonly PublicKeyFile[]): void {
  mkdirSync(directory, { recursive: true });
  for (const key of files) {
    const path = join(directory, `${key.kid}.pem`);
    writeFileSync(path, inPem(key), { mode: 0o644 });
    printLine(`${path}  ${key.alg}  ${key.state}`);
  }
}
