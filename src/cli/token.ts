import type { Command } from 'commander';
import type { JWTVerifyGetKey } from 'jose';
import { openKeySource } from '../signing/open-key-source.ts';
import { commandConfig, withContext } from './context.ts';
import { readStdin } from './input.ts';
import { formatTime, printFacts, printJson, printLine, visibleJson } from './output.ts';
import { type DecodedToken, decodeToken, issuerKeys, localKeys, verifyToken } from './token-check.ts';

/** `signet token`: what is in a token, and whether it is good. */

type VerifyOptions = { issuer?: string; audience?: string; local?: boolean; json?: boolean };

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
  token
    .command('verify')
    .description('Checks signature, issuer, times and, when given, audience.')
    .argument('[token]')
    .option('--issuer <url>', 'who must have issued it (default: the configured issuer)')
    .option('--audience <audience>', 'whom it must be for')
    .option('--local', "use this server's own signing keys instead of those that the issuer publishes")
    .option('--json', 'print JSON')
    .action(async (argument: string | undefined, options: VerifyOptions, command: Command) => {
      const text = await readToken(argument, command);
      const config = commandConfig(command);
      const issuer = options.issuer ?? config.issuer;
      const keys = options.local ? await ownKeys(command) : await issuerKeys(issuer);
      const decoded = await verifyToken(text, { keys, issuer, audience: options.audience });
      if (options.json) printJson({ ...decoded, verified: true });
      else {
        printToken(decoded);
        printLine('\nThe token is good: signature, issuer and times were checked.');
        if (options.audience === undefined) printLine('Its audience was not checked; see --audience.');
      }
    });
}

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
