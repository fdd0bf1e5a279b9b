import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { authorizationRequest } from '../support/flow.ts';
import { FORM, formAnswer } from './support/post-form.ts';
import { requestRaw, sendRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SIGN_IN = `/interaction/${'x'.repeat(43)}/login`;

describe('I: request bodies', () => {
  const stage = useStage();

  for (const path of [SIGN_IN, '/token', '/authorize']) {
    row(
      'I01',
      `${path.split('/')[1]}: a compressed body that breaks off beyond the limit`,
      '415, 200',
      async () => {
        const whole = gzipSync(randomBytes(30_000).toString('hex'));
        const body = whole.toString('latin1', 0, whole.length - 100);
        const headers = {
          'Content-Type': FORM,
          'Content-Encoding': 'gzip',
          'Content-Length': String(body.length),
        };
        const { status } = await requestRaw(stage, `POST ${path} HTTP/1.1`, headers, body);
        const after = await requestRaw(stage, 'GET /jwks HTTP/1.1');
        return `${status}, ${after.status}`;
      },
    );
  }

  for (const [what, padding] of [
    ['others', (index: number) => `x${index}=y`],
    ['resources', () => 'resource=y'],
  ] as const) {
    row('I01', `a parameter twice, after a thousand ${what}`, '400 invalid_request', () => {
      const others = Array.from({ length: 1000 }, (_, index) => padding(index)).join('&');
      return formAnswer(stage, `grant_type=client_credentials&${others}&scope=messages:read&scope=x`);
    });
  }
  row('I01', 'a parameter after a byte order mark', '400 invalid_request', () =>
    formAnswer(stage, '\xef\xbb\xbfgrant_type=client_credentials&scope=messages:read'),
  );

  for (const path of [SIGN_IN, '/authorize', '/logout', '/logout/confirm', '/userinfo', '/token']) {
    // A proxy that reuses connections would send a request of another client after this one.
    const expected = path === '/token' ? '413' : '400, 200';
    row(
      'I01',
      `${path.slice(1, 15)}: a chunked body beyond every limit, and another request`,
      expected,
      async () => {
        const size = 200_000;
        const head = `POST ${path} HTTP/1.1\r\nHost: ${stage.host}\r\nContent-Type: ${FORM}\r\nTransfer-Encoding: chunked`;
        const next = `GET /jwks HTTP/1.1\r\nHost: ${stage.host}\r\nConnection: close\r\n\r\n`;
        const body = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`;
        const { text } = await sendRaw(stage, `${head}\r\n\r\n${body}${next}`);
        return [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status).join(', ');
      },
    );
  }

  row('I01', 'smuggling: chunked coding in HTTP/1.0', '400, nothing after it', async () => {
    const before = await stage.records();
    const { pathname, search } = authorizationRequest(stage.issuer).url;
    const hidden = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${stage.host}\r\n\r\n`;
    const head = `POST /token HTTP/1.0\r\nHost: ${stage.host}\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked`;
    const { status, text } = await sendRaw(stage, `${head}\r\n\r\n0\r\n\r\n${hidden}`);
    assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, text);
    await requestRaw(stage, 'GET /jwks HTTP/1.1');
    assert.deepEqual(await stage.recordsSince(before), []);
    return `${status}, nothing after it`;
  });

  row('I01', 'line breaks and control characters in every input', 'none in the log', async () => {
    const evil = encodeURIComponent('\r\n\u001b[31m\u009b1m\u202eplanted');
    const { search } = authorizationRequest(stage.issuer).url;
    await requestRaw(stage, `GET /${evil}?${evil}=${evil} HTTP/1.1`, { Cookie: `signet_session=${evil}` });
    await requestRaw(stage, `GET /authorize?client_id=${evil} HTTP/1.1`);
    await requestRaw(stage, `GET /authorize${search}&prompt=${evil}&scope=${evil} HTTP/1.1`);
    await requestRaw(stage, `GET /logout?id_token_hint=${evil}&client_id=${evil} HTTP/1.1`);
    await formAnswer(stage, `grant_type=${evil}&scope=${evil}`);
    await formAnswer(stage, `grant_type=client_credentials&scope=${evil}&resource=${evil}`);
    await formAnswer(stage, 'grant_type=x', { Authorization: `Basic ${btoa(`${evil}:${evil}`)}` });
    await requestRaw(stage, 'GET /userinfo HTTP/1.1', { Authorization: `Bearer ${evil}` });
    assert.doesNotMatch(stage.logged, /planted/);
    return 'none in the log';
  });
});
