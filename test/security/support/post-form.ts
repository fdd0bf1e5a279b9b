import assert from 'node:assert/strict';
import { basic, MACHINE } from '../../support/flow.ts';
import { type RawAnswer, requestRaw } from './raw.ts';
import type { Stage } from './stage.ts';

export const FORM = 'application/x-www-form-urlencoded';

export type Headers = Record<string, string | readonly string[] | undefined>;

/** Posts a raw body, with the credentials of the demo's machine client unless the headers have others. */
export async function postForm(
  stage: Stage,
  body: string,
  headers: Headers = {},
  path = '/token',
): Promise<RawAnswer> {
  const all = { Authorization: basic(MACHINE), 'Content-Type': FORM, ...headers };
  return await requestRaw(
    stage,
    `POST ${path} HTTP/1.1`,
    { 'Content-Length': String(body.length), ...all },
    body,
  );
}

/** As `postForm`. @returns the abbreviated response: `400 invalid_request` */
export async function formAnswer(...request: Parameters<typeof postForm>): Promise<string> {
  const { status, body, headers } = await postForm(...request);
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(headers['content-type'] ?? '', /^application\/json/);
  const { error } = JSON.parse(body) as { error?: string };
  return error === undefined ? String(status) : `${status} ${error}`;
}
