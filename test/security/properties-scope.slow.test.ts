import assert from 'node:assert/strict';
import { array, asyncProperty, constant, constantFrom, oneof } from 'fast-check';
import { decodeJwt } from 'jose';
import { anyText } from '../support/any-text.ts';
import { authorizationRequest, basic, MACHINE, redeem, signIn } from '../support/flow.ts';
import type { UserAgent } from '../support/user-agent.ts';
import { mutationOf } from './support/mutation.ts';
import { assertSane, inTime, property, UNLIMITED } from './support/property.ts';
import { requestRaw } from './support/raw.ts';
import { useStage } from './support/stage.ts';

const ALLOWED = ['messages:read', 'messages:write'];

/** May have two scopes, and those of no API. */
const OWN = {
  id: 'own',
  secret: 'a-secret-of-more-than-32-characters',
  redirectUri: 'http://localhost:3002/callback',
};

describe('Properties of scopes: requested and allowed ones only', () => {
  const stage = useStage({
    ...UNLIMITED,
    clients: [
      {
        client_id: OWN.id,
        client_secret: OWN.secret,
        redirect_uris: [OWN.redirectUri],
        scope: 'openid profile',
        first_party: true,
      },
    ],
  });

  const scope = oneof(
    array(constantFrom(...ALLOWED, 'openid', 'admin', 'messages', '*', 'MESSAGES:READ', '__proto__', ''), {
      maxLength: 5,
    }).map((tokens) => tokens.join(' ')),
    mutationOf(constantFrom('messages:read', 'messages:read messages:write')),
    array(constantFrom(...ALLOWED), { minLength: 2, maxLength: 4 }).chain((tokens) =>
      constantFrom(',', '  ', '\t', '\n', '\u00a0', '+', '%20').map((separator) => tokens.join(separator)),
    ),
    anyText(60),
    constant('messages:read '.repeat(200)),
  );

  property('of client credentials (RFC 6749 §3.3)', 400, () =>
    asyncProperty(scope, async (asked) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', scope: asked }).toString();
      const headers = { Authorization: basic(MACHINE), Accept: 'application/json' };
      const answer = await inTime(requestRaw(stage, 'POST /token HTTP/1.1', headers, body));
      assertSane(answer, 'json');
      // An empty parameter counts as absent, and the default applies (RFC 6749 §3.1, §3.3).
      const wanted = new Set(asked === '' ? ALLOWED : asked.split(' ').filter((token) => token !== ''));
      const json = JSON.parse(answer.body) as { access_token?: string; scope?: string; error?: string };
      if (json.access_token === undefined) {
        assert.ok(
          ['invalid_scope', 'invalid_request', 'invalid_target'].includes(json.error ?? ''),
          answer.text,
        );
        assert.ok(
          asked === '' ||
            !/^\S+(?: \S+)*$/.test(asked) ||
            [...wanted].some((token) => !ALLOWED.includes(token)),
          asked,
        );
        return;
      }
      assert.deepEqual(
        [...wanted].filter((token) => !ALLOWED.includes(token)),
        [],
      );
      assert.deepEqual(new Set(json.scope?.split(' ')), wanted);
      assert.equal(decodeJwt(json.access_token).scope, json.scope);
    }),
  );

  const known = ['openid', 'profile', 'email', 'phone', ...ALLOWED];
  const beside = oneof(
    array(constantFrom(...known, 'admin', 'OPENID', '__proto__', 'constructor', ''), {
      minLength: 1,
      maxLength: 6,
    }).map((tokens) => tokens.join(' ')),
    mutationOf(constantFrom('openid profile', 'openid email admin', 'openid profile messages:read')),
  );
  let agent: UserAgent | undefined;

  property('of authorization requests (OpenID Connect Core §3.1.2.1)', 100, () =>
    asyncProperty(beside, async (asked) => {
      agent ??= (await signIn(stage.issuer, { client: OWN, parameters: { scope: 'openid profile' } })).agent;
      const request = authorizationRequest(stage.issuer, {
        client_id: OWN.id,
        scope: asked,
        nonce: undefined,
        prompt: 'none',
      });
      const response = await agent.get(request.url);
      const back = new URL(response.headers.get('location') as string);
      const tokens = new Set(asked.split(' ').filter((token) => token !== ''));
      const isAllowed = (token: string): boolean => ['openid', 'profile'].includes(token);
      const isValid = [...tokens].every((token) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(token));
      const refused = [...tokens].filter((token) =>
        tokens.has('openid') ? ALLOWED.includes(token) : !isAllowed(token),
      );
      if (tokens.size === 0 || !isValid || refused.length > 0) {
        assert.equal(back.searchParams.get('error'), 'invalid_scope', asked);
        if (isValid && tokens.size > 0) assert.equal(back.searchParams.get('scope'), refused[0], asked);
        return;
      }
      const { body } = await redeem(stage.issuer, back.searchParams.get('code') as string, request, OWN);
      assert.deepEqual(new Set(body.scope?.split(' ')), new Set([...tokens].filter(isAllowed)), asked);
    }),
  );
});
