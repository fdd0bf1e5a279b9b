import assert from 'node:assert/strict';
import { Workplace } from './run-signet.ts';

describe('signet user set-password', function () {
  this.timeout(60_000);

  it('tells the person by mail, where the address is verified', async () => {
    const workplace = new Workplace({ ownProcess: false });
    try {
      await workplace.run([
        'user',
        'add',
        'alice',
        '--no-password',
        '--email',
        'a@b.example',
        '--email-verified',
      ]);
      await workplace.run(['user', 'add', 'bob', '--no-password', '--email', 'c@b.example']);
      for (const name of ['alice', 'bob']) {
        const input = 'a-password-that-is-good\n';
        await workplace.run(['user', 'set-password', name, '--password-stdin'], { input });
      }
      const jobs = (await workplace.json('jobs', 'list')) as { kind: string; job: string }[];
      assert.deepEqual(
        jobs.map(({ kind, job }) => `${kind} ${job.split('.')[0]}`),
        ['mail passwordChanged'],
      );
    } finally {
      workplace.remove();
    }
  });
});

describe('signet mail', function () {
  this.timeout(60_000);

  it('sends a test mail at once, and says what is missing', async () => {
    const workplace = new Workplace({ ownProcess: false });
    try {
      const { stdout } = await workplace.run(['mail', 'test', 'maria@bücher.example', '--language', 'de']);
      assert.equal(stdout, 'the mail server has accepted the mail to maria@xn--bcher-kva.example\n');
      await workplace.refuses(['mail', 'test', 'a@b, c@d'], 1, /is not an email address/);
      const server = { SIGNET_MAIL_SERVER: 'smtp://127.0.0.1:1', SIGNET_MAIL_FROM: 'login@example.com' };
      const failed = await workplace.run(['mail', 'test', 'a@b.example'], { env: server });
      assert.deepEqual([failed.code, failed.stdout], [1, '']);
      assert.match(
        failed.stderr,
        /the mail was not sent: no answer: connection; nothing listens on this port/,
      );
    } finally {
      workplace.remove();
    }
  });
});
