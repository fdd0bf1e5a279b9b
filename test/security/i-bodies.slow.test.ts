import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { FORM } from './support/post-form.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SIGN_IN = `/interaction/${'x'.repeat(43)}/login`;

describe('I: bodies', () => {
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
});
