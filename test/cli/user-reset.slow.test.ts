import assert from 'node:assert/strict';
import { Workplace } from './run-signet.ts';

/** The tests share one directory and run in order. */
describe('signet user reset', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  before(async () => {
    workplace = new Workplace({ ownProcess: false });
    const email = ['--email', 'alice@example.com', '--email-verified'];
    await workplace.run(['user', 'add', 'alice', '--no-password', ...email]);
    await workplace.run(['user', 'add', 'bob', '--no-password']);
  });
  after(() => workplace.remove());

  it('prints a link with a token, another one each time', async () => {
    const links = [];
    for (const _ of [1, 2]) links.push((await workplace.run(['user', 'reset', 'alice'])).stdout);
    for (const link of links)
      assert.match(link, /^http:\/\/localhost:3000\/password\/reset\?token=[\w-]{43}\n$/);
    assert.notEqual(links[0], links[1]);
  });

  it('sends it to the verified address instead, and does not print it', async () => {
    const sent = await workplace.run(['user', 'reset', 'alice', '--mail']);
    assert.deepEqual([sent.code, sent.stdout], [0, 'sent a link to alice@example.com\n']);
    const problem = /bob has no verified email address that is its own/;
    await workplace.refuses(['user', 'reset', 'bob', '--mail'], 1, problem);
    await workplace.run(['user', 'disable', 'bob']);
    await workplace.refuses(['user', 'reset', 'bob'], 1, /bob is disabled/);
  });

  it('a former username is given to another account with --force only', async () => {
    await workplace.run(['user', 'rename', 'alice', 'alina']);
    const reserved = /the username alice is reserved: another account had it until recently/;
    await workplace.refuses(['user', 'rename', 'bob', 'alice'], 1, reserved);
    await workplace.refuses(['user', 'add', 'alice', '--no-password'], 1, reserved);
    const added = await workplace.run(['user', 'add', 'alice', '--no-password', '--force']);
    assert.match(added.stdout, /^added alice /);
  });
});
