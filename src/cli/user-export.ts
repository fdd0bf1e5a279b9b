import { type FileHandle, open } from 'node:fs/promises';
import type { Command } from 'commander';
import { everyAccount } from '../accounts/every-account.ts';
import { inheritOwner } from '../file-owner.ts';
import type { AccountRecord } from '../store/store.ts';
import { withContext } from './context.ts';
import { printLine } from './output.ts';
import { createProgress } from './progress.ts';
import { factorKinds } from './require-account.ts';

/** `signet user export`: accounts as JSON lines, which `signet user import` reads. */

export function registerExport(user: Command): void {
  user
    .command('export <file>')
    .description(
      'Writes all accounts to a new file, one JSON object in each line, for user import. Only the owner can read the file.\n' +
        'It names the second factors and contains none of them, no sessions and no consents: signet backup contains everything.',
    )
    .option('--with-password-hashes', 'include the password hashes, so that people keep their passwords')
    .action(async (file: string, { withPasswordHashes }: { withPasswordHashes?: true }, command: Command) => {
      await withContext(command, async ({ store }) => {
        const handle = await create(file);
        const progress = createProgress('accounts written');
        let count = 0;
        try {
          for await (const page of everyAccount(store.accounts)) {
            await handle.write(page.map((account) => lineOf(account, withPasswordHashes === true)).join(''));
            count += page.length;
            progress.advance(page.length);
          }
          await handle.sync();
        } finally {
          progress.end();
          await handle.close();
        }
        printLine(`wrote ${count} accounts to ${file}`);
      });
    });
}

function lineOf(account: AccountRecord, withHash: boolean): string {
  const { id, username, disabled, createdAt, claims, passwordHash, details } = account;
  const factors = factorKinds(details);
  const line = {
    id,
    username,
    ...(disabled && { disabled }),
    created_at: createdAt,
    claims,
    ...(withHash && passwordHash !== undefined && { password_hash: passwordHash }),
    // So that an import does not let a password alone be enough, unless it is told to.
    ...(factors.length > 0 && { second_factors: factors }),
  };
  return `${JSON.stringify(line)}\n`;
}

async function create(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file, 'wx', 0o600);
    inheritOwner(handle.fd, file);
    return handle;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      code === 'EEXIST'
        ? `${file} exists already: name a new file`
        : `${file} cannot be written (${code}): name a file in an existing, writable directory`,
      { cause: error },
    );
  }
}
