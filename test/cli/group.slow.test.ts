import assert from 'node:assert/strict';
import { Workplace } from './run-signet.ts';

describe('signet group', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  before(async () => {
    workplace = new Workplace({ ownProcess: false });
    for (const name of ['alice', 'bob']) await workplace.run(['user', 'add', name, '--no-password']);
  });
  after(() => workplace.remove());

  const lines = async (...args: string[]) => (await workplace.run(args)).stdout.trimEnd().split('\n');

  it('adds groups, members and what clients make of them, and removes them', async () => {
    await workplace.run(['group', 'add', 'editors', '--description', 'May write articles']);
    assert.deepEqual(await lines('group', 'add-member', 'editors', 'alice', 'bob', 'alice'), [
      'alice is a member of editors',
      'bob is a member of editors',
      'alice is a member of editors already',
    ]);
    const members = (await workplace.json('group', 'members', 'editors')) as { username: string }[];
    assert.deepEqual(
      members.map(({ username }) => username),
      ['alice', 'bob'],
    );
    const add = ['client', 'add', '--id', 'newsroom', '--redirect-uri', 'https://news.example.com/cb'];
    await workplace.run([...add, '--allowed-group', 'editors']);
    const shown = (await workplace.json('group', 'show', 'editors')) as Record<string, unknown>;
    assert.deepEqual([shown.description, shown.clients], ['May write articles', ['newsroom']]);
    const renamed = await workplace.run(['group', 'rename', 'editors', 'authors']);
    assert.match(renamed.stdout, /^renamed editors to authors, with 2 members$/m);
    assert.match(renamed.stderr, /the client newsroom names the group editors/);
    assert.deepEqual(await lines('group', 'remove-member', 'authors', 'bob'), [
      'bob is no member of authors',
    ]);
    assert.deepEqual(await lines('group', 'remove', 'authors'), ['removed authors, which had 1 member']);
    assert.deepEqual(await workplace.json('group', 'list'), []);
    await workplace.refuses(['group', 'add-member', 'authors', 'alice'], 1, /there is no group authors/);
    await workplace.refuses(['group', 'add-member', 'authors', 'nobody'], 1, /there is no account nobody/);
  });
});
