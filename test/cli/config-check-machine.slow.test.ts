import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND, Workplace } from './run-signet.ts';

const PRODUCTION = 'issuer: https://login.example.com\n';

/** Addresses and special files of the machine that a configuration names. */
describe('signet config check', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  beforeEach(() => {
    workplace = new Workplace({ store: false, ownProcess: false });
  });
  afterEach(() => workplace.remove());

  const write = (content: string): void => writeFileSync(join(workplace.directory, 'signet.yaml'), content);

  it('reports addresses that this machine does not have, with the text of serve', async () => {
    // The second is for documentation (RFC 5737).
    write(`${PRODUCTION}host: 300.1.1.1\nmanagement: {host: 192.0.2.1, port: 9007}\n`);
    const [checked, served, offline] = await Promise.all([
      workplace.run(['config', 'check']),
      workplace.run(['serve']),
      // With --offline, the check may run on another machine.
      workplace.run(['config', 'check', '--offline']),
    ]);
    const sentence = 'cannot listen on 300.1.1.1:3000: this machine has no such address; set SIGNET_HOST';
    assert.deepEqual([served.code, served.stderr], [1, `error: ${sentence}\n`]);
    assert.equal(checked.code, 1);
    assert.deepEqual(checked.stderr.trimEnd().split('\n'), [
      'error:',
      `  ${sentence}`,
      '  cannot listen on 192.0.2.1:9007: this machine has no such address; set SIGNET_MANAGEMENT_HOST',
    ]);
    assert.equal(offline.code, 0);
  });

  it('writes the warnings of a start', async () => {
    const editor =
      '{client_id: editor, application_type: native, token_endpoint_auth_method: none, redirect_uris: ["cursor://cb"]}';
    write(
      `${PRODUCTION}apis: [{audience: https://a.example.com, name: A, scopes: {a: Read}}]\nclients: [${editor}]\n`,
    );
    const { code, stderr } = await workplace.run(['config', 'check'], {
      env: { SIGNET_MANAGEMENT_PORT: '0' },
    });
    assert.equal(code, 0);
    assert.match(
      stderr,
      /^warning: apis: introspectionClients is not set, [^\n]* \(https:\/\/a\.example\.com\)\nwarning: clients\.editor\.redirect_uris: "cursor:\/\/cb" has a scheme without a dot[^\n]*\n$/,
    );
  });

  it('ends with pipes and devices as files, and reads a process substitution of a shell', async () => {
    spawnSync('bash', ['-c', 'mkfifo pipe.svg'], { cwd: workplace.directory });
    const refused = async (env: Record<string, string>, content = PRODUCTION): Promise<string> => {
      write(content);
      return (await workplace.run(['config', 'check'], { env })).stderr;
    };
    assert.deepEqual(
      await Promise.all([
        refused({ SIGNET_CONFIG: 'pipe.svg' }),
        refused({ SIGNET_CONFIG: '/dev/zero' }),
        refused({ SIGNET_STORE_FILE: 'pipe.svg' }),
        refused({ SIGNET_MASTER_KEY_FILE: '/dev/zero' }),
      ]),
      [
        'error: cannot read the configuration file pipe.svg (not a file)\n',
        'error: cannot read the configuration file /dev/zero (too large)\n',
        'error: SIGNET_STORE_FILE: cannot read the file pipe.svg\n',
        'error: SIGNET_MASTER_KEY_FILE: cannot read the file /dev/zero\n',
      ],
    );
    assert.equal(
      await refused({}, `${PRODUCTION}brand: {logo: pipe.svg}\n`),
      'error: brand.logo: the file pipe.svg cannot be read (not a file)\n',
    );
    const shell = spawnSync(
      'bash',
      ['-c', `"${process.execPath}" "${COMMAND}" --config <(echo port: 3007) config print`],
      {
        cwd: workplace.directory,
        encoding: 'utf8',
      },
    );
    assert.match(shell.stdout, /^port: 3007$/m);
  });
});
