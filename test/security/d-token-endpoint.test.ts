import assert from 'node:assert/strict';
import { basic, MACHINE } from '../support/flow.ts';
import { tokenAnswer } from './support/answer.ts';
import { FORM, formAnswer, type Headers } from './support/post-form.ts';
import { requestRaw, sendRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'post-secret-of-more-than-32-characters';
const GOOD = 'grant_type=client_credentials&scope=messages:read';

describe('D: requests at the token endpoint', () => {
  const stage = useStage();
  const posted = (body: string, headers: Headers = {}, path?: string) =>
    formAnswer(stage, body, headers, path);

  for (const method of ['GET', 'PUT', 'HEAD', 'DELETE', 'PATCH', 'TRACE']) {
    row('D01', `${method} /token`, '405, Allow: POST, OPTIONS', async () => {
      const { status, headers } = await requestRaw(stage, `${method} /token?${GOOD} HTTP/1.1`, {
        Authorization: basic(MACHINE),
      });
      return `${status}, Allow: ${headers.allow}`;
    });
  }

  for (const [what, path, body, authorization] of [
    ['everything', `/token?${GOOD}`, '', basic(MACHINE)],
    ['the grant', '/token?grant_type=client_credentials', 'scope=messages:read', basic(MACHINE)],
    ['a secret', `/token?client_id=post&client_secret=${SECRET}`, GOOD, undefined],
    ['anything beside a good body', '/token?code=x', GOOD, basic(MACHINE)],
  ] as const) {
    row('D02', `${what} in the query`, '400 invalid_request', () =>
      posted(body, { Authorization: authorization }, path),
    );
  }

  for (const type of [
    undefined,
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain',
    `${FORM}; charset=iso-8859-1`,
    `${FORM}; charset=utf-16le`,
    `${FORM}; charset=nonsense`,
    `${FORM}; charset=`,
    `${FORM}; charset=utf-8; charset=utf-7`,
    `${FORM}, application/json`,
  ]) {
    row('D03', `content type ${type ?? 'missing'}`, '400 invalid_request', () =>
      posted(GOOD, { 'Content-Type': type }),
    );
  }
  row('D03', 'content type with charset=utf-8', '200', () =>
    posted(GOOD, { 'Content-Type': `${FORM};charset="UTF-8"` }),
  );

  for (const [name, value] of [
    ['grant_type', 'client_credentials'],
    ['scope', 'messages:read'],
    ['client_id', MACHINE.id],
    ['client_secret', MACHINE.secret],
    ['code', 'x'],
    ['code_verifier', 'x'],
    ['refresh_token', 'x'],
    ['redirect_uri', 'http://localhost:3002/callback'],
    ['client_assertion', 'x'],
    ['nobody_knows', 'x'],
    ['__proto__', 'x'],
  ] as const) {
    row('D04', `${name} twice`, '400 invalid_request', () => {
      const rest = GOOD.split('&').filter((pair) => !pair.startsWith(`${name}=`));
      return posted([...rest, `${name}=${value}`, `${name}=${value}`].join('&'));
    });
  }
  row('D04', 'a parameter name in two encodings', '400 invalid_request', () =>
    posted(`${GOOD}&sc%6Fpe=messages:write`),
  );
  row('D04', 'a parameter twice at /introspect, /revoke and /par', '400 invalid_request ×3', async () => {
    const seen = await Promise.all(
      ['/introspect', '/revoke', '/par'].map((path) => posted('token=x&nobody=1&nobody=2', {}, path)),
    );
    assert.equal(new Set(seen).size, 1);
    return `${seen[0]} ×${seen.length}`;
  });
  row('D04', 'resource twice (RFC 8707 §2)', '400 invalid_target', () =>
    posted(`${GOOD}&resource=http://localhost:3001&resource=https://other.example`),
  );

  row('D06', 'Content-Length of 5 MB', '413, closed', async () => {
    const head = `POST /token HTTP/1.1\r\nHost: ${stage.host}\r\nContent-Type: ${FORM}\r\n`;
    const { status, headers } = await sendRaw(
      stage,
      `${head}Content-Length: 5000000\r\n\r\n${'a'.repeat(1000)}`,
    );
    return `${status}, ${headers.connection === 'close' ? 'closed' : 'open'}`;
  });
  row('D06', 'a body of 60 KiB in chunks', '413, closed', async () => {
    const head = `POST /token HTTP/1.1\r\nHost: ${stage.host}\r\nContent-Type: ${FORM}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `2000\r\n${'a'.repeat(8192)}\r\n`;
    const { status, headers } = await sendRaw(stage, head + chunk.repeat(8));
    return `${status}, ${headers.connection === 'close' ? 'closed' : 'open'}`;
  });

  for (const grantType of [
    '__proto__',
    'constructor',
    'toString',
    'password',
    'implicit',
    'CLIENT_CREDENTIALS',
  ]) {
    row('D08', `grant_type=${grantType}`, '400 unsupported_grant_type', () =>
      tokenAnswer(stage, { grant_type: grantType }, MACHINE),
    );
  }
  row('D08', 'no grant_type', '400 invalid_request', () => tokenAnswer(stage, {}, MACHINE));

  row('D08', 'unsupported grants and endpoints', 'not in discovery, refused', async () => {
    const discovery = (await (
      await fetch(`${stage.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    for (const name of ['device_authorization_endpoint', 'backchannel_authentication_endpoint'])
      assert.equal(discovery[name], undefined);
    for (const grant of ['device_code', 'token-exchange', 'jwt-bearer']) {
      const grantType = `urn:ietf:params:oauth:grant-type:${grant}`;
      assert.equal(
        await tokenAnswer(stage, { grant_type: grantType }, MACHINE),
        '400 unsupported_grant_type',
      );
    }
    for (const path of ['/device_authorization', '/device', '/backchannel', '/register'])
      assert.equal((await fetch(stage.issuer + path, { method: 'POST' })).status, 404, path);
    return 'not in discovery, refused';
  });
});
