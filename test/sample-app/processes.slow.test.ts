import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { itLong } from '../support/long-form.ts';

const SOURCE = join(import.meta.dirname, '../../src');

/** The sample API and the sample app as processes. */
for (const [folder, prefix, name] of [
  ['resource-server', 'RESOURCE_SERVER', 'sample API'],
  ['sample-app', 'SAMPLE_APP', 'sample app'],
] as const) {
  describe(`${folder}: the process`, () => {
    let child: ChildProcess;
    let output: string;

    function start(environment: Record<string, string>): void {
      child = spawn(process.execPath, [join(SOURCE, folder, 'main.ts')], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      output = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    }

    /** Exit code, after all output. */
    async function ended(): Promise<unknown> {
      const [code] = await once(child, 'close');
      return code;
    }

    async function listening(): Promise<{ address: string; port: number }> {
      while (!output.includes('"msg":"listening"')) await once(child.stdout ?? child, 'data');
      const { address }: { address: { address: string; port: number } } = JSON.parse(output);
      return address;
    }

    afterEach(() => void child.kill('SIGKILL'));

    it('listens on the loopback interface only, and exits with 0 on SIGTERM', async () => {
      start({ [`${prefix}_PORT`]: '0' });
      const { address, port } = await listening();
      assert.equal(address, '127.0.0.1');
      const response = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
      assert.ok(response.status < 400);
      child.kill('SIGTERM');
      assert.equal(await ended(), 0);
    });

    it('reports in one sentence that its port is taken, and the variable to change it', async () => {
      const squatter = createServer().listen(0, '127.0.0.1');
      await once(squatter, 'listening');
      const address = squatter.address();
      const port = typeof address === 'object' ? String(address?.port) : '';
      start({ [`${prefix}_PORT`]: port });
      assert.equal(await ended(), 1);
      squatter.close();
      assert.equal(
        output,
        `error: the ${name} cannot listen on 127.0.0.1:${port}: another program is listening there; set ${prefix}_PORT to another port\n`,
      );
    });

    // In the short form, the options tests have the sentence, and a taken port that a sentence is all.
    itLong('reports the invalid variable, without a stack trace', async () => {
      start({ [`${prefix}_ISSUER`]: 'nonsense' });
      assert.equal(await ended(), 1);
      assert.match(output, new RegExp(`^error: ${prefix}_ISSUER must be [^\\n]*"nonsense"\\n$`));
    });
  });
}
