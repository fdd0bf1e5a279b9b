import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { itLong } from '../support/long-form.ts';
import { placeSigningKeys } from '../support/signing-key.ts';
import { skip } from '../support/skip.ts';
import { OLD_NODE } from './old-node.ts';
import { COMMAND, finish, type RunOptions, untilItSays, Workplace } from './run-signet.ts';

/** A server on free ports. */
const SERVE: RunOptions = { env: { SIGNET_PORT: '0', SIGNET_MANAGEMENT_PORT: '0' } };

describe('bin/signet.js', () => {
  let workplace: Workplace;

  before(async () => {
    workplace = new Workplace();
    await placeSigningKeys(join(workplace.directory, 'keys'));
  });
  after(() => workplace.remove());

  /**
   * @param inProcess whether this Node runs Signet itself: then there is nothing to forward to
   */
  function runs(title: string, node: string | undefined, inProcess: boolean): void {
    const itForwards = inProcess ? itLong : it;
    const itRuns = inProcess ? it : itLong;
    describe(title, () => {
      const options: RunOptions = node === undefined ? {} : { node };

      before(function () {
        if (node === undefined)
          skip(this, 'no Node 20 to 23 on this machine', 'install one as /usr/bin/node');
      });

      it('forwards arguments, input, output and the exit code', async () => {
        const decoded = await workplace.run(['token', 'decode', '--json'], {
          ...options,
          input: 'eyJhbGciOiJub25lIn0.e30.',
        });
        assert.deepEqual([decoded.code, decoded.stderr], [0, '']);
        assert.deepEqual(JSON.parse(decoded.stdout), {
          header: { alg: 'none' },
          payload: {},
          verified: false,
        });
        const wrong = await workplace.run(['usr'], options);
        assert.equal(wrong.code, 2);
        assert.match(wrong.stderr, /Did you mean user\?/);
      });

      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        itForwards(`forwards ${signal}, and the server exits with 0`, async () => {
          const child = workplace.start(['serve'], { ...SERVE, ...options });
          await untilItSays(child, 'signet is serving');
          child.kill(signal);
          const { code, signal: endedBy } = await finish(child);
          assert.deepEqual([code, endedBy], [0, null]);
        });
      }

      for (const workers of [[], ['--workers', '1']]) {
        itRuns(
          `exits with 0 after the reader of its log has closed the pipe ${workers.join(' ')}`,
          async () => {
            const child = workplace.start(['serve', ...workers], { ...SERVE, ...options });
            await untilItSays(child, 'signet is serving');
            child.stdout?.destroy();
            child.kill('SIGTERM');
            const [code, endedBy] = await once(child, 'exit');
            assert.deepEqual([code, endedBy], [0, null]);
          },
        );
      }

      itForwards('ends the server when it is killed', async () => {
        const child = workplace.start(['serve'], { ...SERVE, ...options });
        await untilItSays(child, 'signet is serving');
        child.kill('SIGKILL');
        // Closed when no process has its other end open.
        await once(child, 'close');
        assert.equal(child.signalCode, 'SIGKILL');
      });
    });
  }

  runs('on a Node that runs TypeScript', process.execPath, true);
  runs('on an old Node', OLD_NODE, false);

  it('reports in one sentence an old Node without an installed newer one', async function () {
    if (OLD_NODE === undefined)
      skip(this, 'no Node 20 to 23 on this machine', 'install one as /usr/bin/node');
    const alone = join(workplace.directory, 'bin');
    mkdirSync(alone);
    cpSync(COMMAND, join(alone, 'signet.mjs'));
    const { spawn } = await import('node:child_process');
    const { code, stdout, stderr } = await finish(spawn(OLD_NODE, [join(alone, 'signet.mjs'), 'serve']));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error: Signet needs Node 24\.15 or newer and this is v2\d\.[^\n]*\n$/);
  });
});
