import { createHmac } from 'node:crypto';
import assert from 'node:assert/strict';
import { basic, MACHINE } from '../support/flow.ts';
import { formAnswer, type Headers } from './support/post-form.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const GOOD = 'grant_type=client_credentials&scope=messages:read';

describe('D: ambiguous credentials', () => {
  const stage = useStage();
  const posted = (body: string, headers: Headers = {}) => formAnswer(stage, body, headers);
  const own = basic(MACHINE);
  const asBasic = (pair: string) => `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`;

  row('D11', 'Authorization twice, as a list, malformed', '400 invalid_request', async () => {
    for (const authorization of [
      [own, own],
      [own, basic({ id: 'nobody', secret: 'x' })],
      ['', own],
      `${own}, Bearer x`,
      own.replace(' ', '\t'),
      `${own}=`,
      asBasic('demo-machine%00:demo-machine-secret'),
      asBasic('%zz:demo-machine-secret'),
      asBasic('\xff\xfe:demo-machine-secret'),
      asBasic('demo-machine:demo-machine-secret\n'),
    ]) {
      const seen = await posted(GOOD, { Authorization: authorization });
      assert.equal(seen, '400 invalid_request', String(authorization));
    }
    return '400 invalid_request';
  });

  // The engine gets this constant as secret of every client.
  row('D10', 'the constant that the engine has instead of a secret', '401 invalid_client', async () => {
    const constant = 'kept as a digest';
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: MACHINE.id, sub: MACHINE.id, aud: stage.issuer, jti: 'x', exp: now + 60 };
    const input = `${part({ alg: 'HS256' })}.${part(claims)}`;
    const signature = createHmac('sha256', constant).update(input).digest('base64url');
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const assertion = `&client_assertion_type=${type}&client_assertion=${input}.${signature}`;
    const signed = await posted(GOOD + assertion, { Authorization: undefined });
    assert.equal(signed, '401 invalid_client');
    return await posted(GOOD, { Authorization: basic({ ...MACHINE, secret: constant }) });
  });
});
