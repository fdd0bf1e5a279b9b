import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MOCHA = import.meta.resolve('mocha/bin/mocha.js');
const REPORTER = import.meta.resolve('./reporter.ts');
const SKIP = import.meta.resolve('./skip.ts');

/** Runs mocha with the reporter on a file with this content. */
function run(content: string, ci = '', ...options: string[]): { lines: string[]; status: number | null } {
  const directory = mkdtempSync(join(tmpdir(), 'signet-reporter-'));
  try {
    const file = join(directory, 'sample.test.ts');
    writeFileSync(file, `import { figure } from '${REPORTER}';\nimport { skip } from '${SKIP}';\n${content}`);
    const mocha = [fileName(MOCHA), '--no-config', '--reporter', fileName(REPORTER), ...options, file];
    const { stdout, status } = spawnSync(process.execPath, mocha, {
      encoding: 'utf8',
      env: { ...process.env, CI: ci, FORCE_COLOR: '0' },
    });
    return { lines: stdout.trimEnd().split('\n'), status };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const fileName = (url: string): string => new URL(url).pathname;

const MIXED = `
  describe('sample', () => {
    it('passes', () => figure('consume: 12 rounds/s'));
    it('skips', function () { skip(this, 'Redis is missing', 'apt-get install redis-server'); });
    describe('pages', () => {
      before(async function () { await 0; skip(this, 'Chromium is missing', 'apt-get install chromium'); });
      it('first', () => {});
      it('second', () => {});
    });
    it('has no body yet');
  });
  process.once('exit', () => console.log('a late word'));
`;

describe('The reporter', () => {
  let lines: string[];
  let text: string;
  let status: number | null;

  before(() => {
    ({ lines, status } = run(MIXED));
    text = lines.join('\n');
  });

  it('ends with the counts as the very last line', () => {
    assert.equal(lines.at(-1), '1 passed, 0 failed, 4 skipped');
    assert.equal(status, 0);
  });

  it('lists the skipped tests by reason, with the hint', () => {
    assert.match(text, /Skipped: 4\n/);
    assert.match(text, /1 × Redis is missing\n\s+apt-get install redis-server\n\s+- sample skips\n/);
    assert.match(text, /2 × Chromium is missing\n.*\n\s+- sample pages first\n\s+- sample pages second\n/);
    assert.match(text, /1 × no reason given\n\s+- sample has no body yet\n/);
  });

  it('prints the figures together at the end', () => {
    assert.match(text, /Figures\n\s+consume: 12 rounds\/s\n/);
  });

  it('has both also with --parallel', () => {
    const parallel = run(MIXED, '', '--parallel').lines.join('\n');
    assert.match(parallel, /1 × Redis is missing\n\s+apt-get install redis-server\n\s+- sample skips\n/);
    assert.match(
      parallel,
      /2 × Chromium is missing\n.*\n\s+- sample pages first\n\s+- sample pages second\n/,
    );
    assert.match(parallel, /Figures\n\s+consume: 12 rounds\/s\n/);
    assert.match(parallel, /\n1 passed, 0 failed, 4 skipped$/);
  });

  it('counts skipped tests as failures under CI=true', () => {
    const strict = run(MIXED, 'true');
    assert.equal(strict.lines.at(-1), '1 passed, 4 failed, 0 skipped');
    assert.equal(strict.status, 4);
  });

  it('does not count those as failures that no installation could run', () => {
    const shallow = run(
      `it('passes', () => {});
      it('is allowed', function () { skip(this, 'no history', 'git fetch --unshallow', { allowedInCi: true }); });
      it('skips', function () { skip(this, 'Redis is missing', 'apt-get install redis-server'); });`,
      'true',
    );
    assert.equal(shallow.lines.at(-1), '1 passed, 1 failed, 1 skipped');
    assert.match(shallow.lines.join('\n'), /Skipped: 2, 1 of them a failure because of CI=true\n/);
    assert.equal(shallow.status, 1);
  });

  it('shows a failure with its difference, after the figures, and fails the run', () => {
    const failing = run(`it('differs', () => {
      figure('3 rounds/s');
      throw Object.assign(new Error('not the same'), { actual: { a: 1 }, expected: { a: 2 } });
    });`);
    const shown = failing.lines.join('\n');
    assert.match(shown, /Figures\n\s+3 rounds\/s\n[^]*1\) differs:\n[^]*not the same/);
    assert.match(shown, /not the same[^]*- {2}"a": 1\n\s+\+ {2}"a": 2/);
    assert.equal(failing.lines.at(-1), '0 passed, 1 failed, 0 skipped');
    assert.equal(failing.status, 1);
  });

  it('fails a run in which no test ran', () => {
    const empty = run('');
    assert.equal(empty.lines.at(-1), '0 passed, 1 failed, 0 skipped');
    assert.equal(empty.status, 1);
  });
});
