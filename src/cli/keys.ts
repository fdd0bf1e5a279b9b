import type { Command } from 'commander';
import { openKeyRing } from '../signing/key-ring.ts';
import { commandConfig } from './context.ts';
import { formatTime, printJson, printTable } from './output.ts';

/** `signet keys`: the signing keys of this machine. Private keys are never shown. */

export function register(program: Command): void {
  const keys = program
    .command('keys')
    .summary('look at the signing keys')
    .description('Looks at the signing keys. Private keys are never shown.');
  keys
    .command('list')
    .description('Lists the keys and what each is for: announced, signing, retired or gone.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      const ring = await openKeyRing({
        directory: commandConfig(command).keys,
        clock: Date.now,
        create: false,
      });
      const described = ring.describe();
      if (json) {
        printJson(described);
        return;
      }
      printTable(
        ['KID', 'ALG', 'STATE', 'ANNOUNCED', 'SIGNS FROM', 'RETIRES'],
        described.map((key) => [
          key.kid,
          key.alg,
          key.state,
          formatTime(key.announcedAt),
          formatTime(key.signsFrom),
          key.retiresAt === undefined ? '' : formatTime(key.retiresAt),
        ]),
      );
    });
}
