import assert from 'node:assert/strict';
import { array, asyncProperty, constant, constantFrom, oneof, string } from 'fast-check';
import { decodeJwt } from 'jose';
import { basic, MACHINE } from '../support/flow.ts';
import { mutationOf } from './support/mutation.ts';
import { assertSane, inTime, property, UNLIMITED } from './support/property.ts';
import { requestRaw } from './support/raw.ts';
import { useStage } from './support/stage.ts';

const ALLOWED = ['messages:read', 'messages:write'];

describe('Properties of scopes: requested and allowed ones only', () => {
  const stage = useStage(UNLIMITED);

  const scope = oneof(
    array(constantFrom(...ALLOWED, 'openid', 'admin', 'messages', '*', 'MESSAGES:READ', '__proto__', ''), {
      maxLength: 5,
    }).map((tokens) => tokens.join(' ')),
    mutationOf(constantFrom('messages:read', 'messages:read messages:write')),
    array(constantFrom(...ALLOWED), { minLength: 2, maxLength: 4 }).chain((tokens) =>
      constantFrom(',', '  ', '\t', '\n', '\u00a0', '+', '%20').map((separator) => tokens.join(separator)),
    ),
    string({ unit: 'binary', maxLength: 60 }),
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
});
