import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './support/row.ts';
import type { Storage } from './support/server-under-test.ts';
import { table } from './support/table.ts';

/**
 * `npm run test:security [letter…]`: every case of this folder, or of the sections named, in its long form, on SQLite and then with four
 * workers on Redis, and one table of what was expected and seen. Exit code 1 if anything failed.
 */

const sections = process.argv.slice(2);
const files =
  sections.length === 0
    ? ['test/security/**/*.test.ts']
    : sections.map((letter) => `test/security/${letter.toLowerCase()}-*.test.ts`);

let failed = false;
const outcomes: Outcome[] = [];
for (const storage of ['sqlite', 'redis'] as const) {
  console.log(`\n${storage === 'sqlite' ? 'SQLite' : 'Redis, four workers'}`);
  outcomes.push(...(await run(storage)));
}
console.log(table(outcomes));
process.exitCode = failed || outcomes.some(({ passed }) => !passed) ? 1 : 0;

async function run(storage: Storage): Promise<Outcome[]> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-security-'));
  const path = join(directory, 'outcomes');
  try {
    const mocha = spawn('mocha', files, {
      stdio: 'inherit',
      env: { ...process.env, LONG_TESTS: '1', SIGNET_SECURITY: storage, SECURITY_OUTCOMES: path },
    });
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    mocha.once('exit', resolve).once('error', reject);
    if ((await promise) !== 0) failed = true;
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Outcome);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
