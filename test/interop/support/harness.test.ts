import assert from 'node:assert/strict';
import { EXAMPLES } from '../client.ts';
import { fillExamples, fillExamplesIn } from './examples.ts';
import { textOf } from './json-app.ts';
import { Person } from './person.ts';
import { resultTable } from './table.ts';

describe('The harness of the interoperability tests', () => {
  const values = {
    issuer: 'http://localhost:1',
    appUrl: 'http://localhost:2',
    clientId: 'id',
    clientSecret: 'secret',
  };

  it('replaces each example value by that of the run', () => {
    const text = Object.values(EXAMPLES).join(' ');
    assert.equal(fillExamples(text, values), 'http://localhost:1 http://localhost:2 secret id');
    assert.deepEqual(fillExamplesIn([{ audience: `${EXAMPLES.appUrl}/mcp` }], values), [
      { audience: 'http://localhost:2/mcp' },
    ]);
  });

  it('has example values of which none contains another', () => {
    const all = Object.values(EXAMPLES);
    assert.deepEqual(
      all.filter((value) => all.some((other) => other !== value && value.includes(other))),
      [],
    );
  });

  it('shows the outcome of each client, and what is missing', () => {
    const result = { date: '2026-01-31', signet: '0.1.0', steps: [], versions: { 'some-client': '1.2.3' } };
    const table = resultTable(
      new Map([
        ['good', { ...result, outcome: 'as documented' }],
        [
          'absent',
          { ...result, outcome: 'skipped', detail: 'Chromium is missing:\napt-get install chromium' },
        ],
      ]),
    );
    assert.deepEqual(table.split('\n'), [
      'client  version  outcome',
      'good    1.2.3    as documented',
      'absent  1.2.3    SKIPPED        Chromium is missing: apt-get install chromium',
    ]);
  });

  it('reads the words of a page', () => {
    assert.equal(
      textOf('<style>p{}</style><h1>Not\n found</h1><p>No such <b>page</b></p>'),
      'Not found No such page',
    );
  });

  it('keeps the error of an authorization response, by redirect and by form_post', async () => {
    const issuer = 'http://localhost:1';
    const answers: Record<string, Response> = {
      'http://localhost:2/login': Response.redirect(`${issuer}/authorize`, 303),
      [`${issuer}/authorize`]: Response.redirect('http://localhost:2/cb?error=invalid_scope', 303),
      'http://localhost:2/cb?error=invalid_scope': new Response('refused'),
      [`${issuer}/form`]: new Response(
        '<form method="post" action="http://localhost:2/cb"><input name="error" value="access_denied"></form>',
      ),
      'http://localhost:2/cb': new Response('refused by POST'),
    };
    const send: typeof fetch = (input) => {
      const { url } = new Request(input);
      return Promise.resolve(answers[url] ?? Response.error());
    };
    const person = new Person(issuer, { username: 'maria', password: 'secret' }, send);
    const page = await person.visit('http://localhost:2/login');
    assert.deepEqual([page.text, person.refusal?.get('error')], ['refused', 'invalid_scope']);
    assert.equal((await person.visit(`${issuer}/form`)).text, 'refused by POST');
    assert.equal(person.refusal?.get('error'), 'access_denied');
  });
});
