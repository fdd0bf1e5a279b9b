import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { pypi } from '../../support/pypi.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'authlib-flask',
  title: 'Authlib with Flask',
  about:
    'OAuth for Python: `pip install Authlib Flask requests`. Its clients for Django, Starlette and FastAPI are registered in the same way.',
  documentation: 'https://docs.authlib.org/en/latest/client/flask.html',
  toolchain: pypi('authlib-flask', 'Authlib', 'Flask'),
  files: [
    {
      path: 'app.py',
      about:
        "Authlib sends a `nonce` by itself. Add `'code_challenge_method': 'S256'` to `client_kwargs` for PKCE as well.",
    },
  ],
  problems: [
    {
      says: "`redirect_uri did not match any of the client's registered redirect_uris`",
      cause: 'Flask prints the address `http://127.0.0.1:5000`, and the registered one has `localhost`.',
      fix: 'Open the application under the name that its redirect URI has.',
    },
    {
      says: "`KeyError: 'userinfo'`",
      cause: 'The scope has no `openid`, so there is no ID token.',
      fix: 'Ask for `openid`.',
    },
    {
      says: "`KeyError: 'email'` when the application reads `token['userinfo']`",
      cause: "`token['userinfo']` is the ID token, and `id_token_claims` of the client is off.",
      fix: 'Set `id_token_claims` of the client to `true`, or use `oauth.signet.userinfo(token=token)`.',
    },
    {
      says: 'The refresh token ends when the person signs out, and `scope` has no `offline_access`',
      cause: 'Without `prompt=consent`, `offline_access` is ignored (OpenID Connect Core §11).',
      fix: "Add `'prompt': 'consent'` to `client_kwargs` if the application needs tokens that outlive the session.",
    },
    {
      says: '`mismatching_state: CSRF Warning! State not equal in request and response.`',
      cause: 'The cookie of the session was lost, often between `127.0.0.1` and `localhost`.',
      fix: 'Open the application under the name that its redirect URI has.',
    },
  ],
  async run(stage) {
    const person = stage.person();
    const json = async (path: string): Promise<Record<string, unknown>> => {
      const { status, text } = await person.visit(stage.appUrl + path);
      assert.equal(status, 200, text);
      return JSON.parse(text) as Record<string, unknown>;
    };
    const expected = [stage.sub, MARIA.name, MARIA.email, true];
    await stage.step('starts', () =>
      stage.start('flask', ['run', '--host', 'localhost', '--port', String(stage.port)]),
    );
    await stage.step('refuses an answer without its cookie', async () => {
      const { status } = await stage.person().visit(`${stage.appUrl}/auth?code=x&state=y`);
      assert.equal(status, 500);
      assert.match(
        stage.output,
        /mismatching_state: CSRF Warning! State not equal in request and response\./,
      );
    });
    await stage.step('signs a person in, and finds the claims in the ID token', async () => {
      const { sub, name, email, email_verified: verified } = await json('/login');
      assert.deepEqual([sub, name, email, verified], expected);
    });
    await stage.step('reads userinfo', async () => {
      const { sub, name, email, email_verified: verified } = await json('/profile');
      assert.deepEqual([sub, name, email, verified], expected);
    });
    await stage.step('refreshes with the scope of its first request', async () => {
      assert.deepEqual(await json('/refresh'), { scope: 'openid email profile' });
    });
    await stage.step('signs the person out', async () => {
      const { url, text } = await person.visit(`${stage.appUrl}/logout`);
      assert.deepEqual([url.origin + url.pathname, JSON.parse(text)], [`${stage.appUrl}/`, {}]);
    });
  },
};
