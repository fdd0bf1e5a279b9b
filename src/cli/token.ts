import { type Command, Option } from 'commander';
import type { JWTVerifyGetKey } from 'jose';
import { openKeySource } from '../signing/sources/open.ts';
import { commandConfig, withContext } from './context.ts';
import { readStdin } from './input.ts';
import { formatTime, printFacts, printJson, printLine, visibleJson } from './output.ts';
import { type DecodedToken, decodeToken, issuerKeys, localKeys, verifyToken } from './token-check.ts';
import { TOKEN_KINDS, type TokenKind } from './token-kind.ts';

/** `signet token`: decodes and verifies JWTs. */

interface VerifyOptions {
  issuer?: string;
  audience?: string;
  kind?: TokenKind;
  local?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  const token = program
    .command('token')
    .summary('decode and verify tokens')
    .description('Decodes and verifies JWTs. A token that is not an argument is read from standard input.')
    .addHelpText(
      'after',
      `
Examples:
  $ signet token decode eyJhbGciOi...
  $ pbpaste | signet token verify --audience http://localhost:3001`,
    );
  registerDecode(token);
  registerVerify(token);
}

function registerDecode(token: Command): void {
  token
    .command('decode')
    .description('Shows header and payload. Does not check the signature.')
    .argument('[token]')
    .option('--json', 'print JSON')
    .action(async (argument: string | undefined, { json }: { json?: boolean }, command: Command) => {
      const decoded = decodeToken(await readToken(argument, command));
      if (json) printJson({ ...decoded, verified: false });
      else {
        printToken(decoded);
        printLine('\nThe signature was not checked; see signet token verify.');
      }
    });
}

function registerVerify(token: Command): void {
  token
    .command('verify')
    .description(
      'Checks signature, issuer, times and, when given, audience, and tells an ID token from an access token.',
    )
    .argument('[token]')
    .option('--issuer <url>', 'required issuer (default: the configured one)')
    .option('--audience <audience>', 'required audience')
    .addOption(
      new Option(
        '--kind <kind>',
        'required kind (default: access-token where the audience is an API)',
      ).choices(['access-token', 'id-token', 'logout-token']),
    )
    .option('--local', "use this server's own signing keys instead of the JWKS of the issuer")
    .option('--json', 'print JSON')
    .action(async (argument: string | undefined, options: VerifyOptions, command: Command) => {
      const verified = await verify(await readToken(argument, command), options, command);
      if (options.json) printJson({ ...verified, verified: true });
      else {
        printToken(verified);
        printLine('\nThe token is valid: signature, issuer and times were checked.');
        printLine(`It is ${TOKEN_KINDS[verified.kind]}${NOTES[verified.kind] ?? ''}.`);
        if (options.audience === undefined) printLine('Its audience was not checked; see --audience.');
      }
    });
}

async function verify(
  text: string,
  options: VerifyOptions,
  command: Command,
): Promise<DecodedToken & { kind: TokenKind }> {
  const config = commandConfig(command);
  const { issuer = config.issuer, audience } = options;
  const keys = options.local ? await ownKeys(command) : await issuerKeys(issuer);
  const api = config.apis.find((each) => each.audience === audience);
  const kind = options.kind ?? (api && 'access-token');
  // Another issuer may sign with another algorithm.
  const algorithm = issuer === config.issuer && kind === 'access-token' ? api?.signingAlgorithm : undefined;
  return await verifyToken(text, { keys, issuer, audience, kind, algorithm });
}

/** The usual confusion between the kinds. */
const NOTES: Partial<Record<TokenKind, string>> = {
  'access-token': ': for APIs, not a proof to an app of who signed in',
  'id-token': ': for the app that its aud names, and no key to an API',
};

async function ownKeys(command: Command): Promise<JWTVerifyGetKey> {
  let keys: JWTVerifyGetKey | undefined;
  await withContext(command, async ({ config, store, clock }) => {
    keys = await localKeys(openKeySource(config, store, clock));
  });
  return keys as JWTVerifyGetKey;
}

async function readToken(argument: string | undefined, command: Command): Promise<string> {
  if (argument === undefined && process.stdin.isTTY) {
    command.error('error: give the token as an argument or on standard input');
  }
  return (argument ?? (await readStdin())).trim().replace(/^Bearer /i, '');
}

const TIMES = ['iat', 'nbf', 'exp', 'auth_time', 'updated_at'];

function printToken({ header, payload }: DecodedToken): void {
  printLine(`header  ${visibleJson(header)}`);
  printLine(`payload ${visibleJson(payload)}\n`);
  const times = TIMES.flatMap((name) => {
    const value = payload[name];
    return typeof value === 'number' ? [[name, formatTime(value)]] : [];
  });
  if (times.length > 0) printFacts(Object.fromEntries(times));
}
