import nodeAssert from 'node:assert/strict';
import { assert, asyncProperty, constantFrom, double, integer, oneof, pre, tuple } from 'fast-check';
import { LONG } from '../support/long-form.ts';
import { Api } from './api.ts';
import { Issuer } from './issuer.ts';

/** Characters that HTTP allows and that some decoders skip, use as padding or confuse with others. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/=~ ,;"'.split('');

const position = double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const character = constantFrom(...ALPHABET);

interface Subject {
  token: string;
  /** Another token of the same issuer. */
  other: string;
}
type Edit = (subject: Subject) => string;

const index = (at: number, { token }: Subject): number => Math.floor(at * token.length);

const replaced = tuple(position, character).map(
  ([at, by]): Edit =>
    (subject) => {
      return subject.token.slice(0, index(at, subject)) + by + subject.token.slice(index(at, subject) + 1);
    },
);
const inserted = tuple(position, character).map(
  ([at, by]): Edit =>
    (subject) => {
      return subject.token.slice(0, index(at, subject)) + by + subject.token.slice(index(at, subject));
    },
);
const deleted = tuple(position, integer({ min: 1, max: 40 })).map(
  ([at, length]): Edit =>
    (subject) => {
      return subject.token.slice(0, index(at, subject)) + subject.token.slice(index(at, subject) + length);
    },
);
const swapped = position.map(
  (at): Edit =>
    (subject) => {
      const { token } = subject;
      const i = index(at, subject);
      return token.slice(0, i) + token.slice(i + 1, i + 2) + token.slice(i, i + 1) + token.slice(i + 2);
    },
);
const lastReplaced = character.map(
  (by): Edit =>
    ({ token }) =>
      token.slice(0, -1) + by,
);
const appended = character.map(
  (by): Edit =>
    ({ token }) =>
      token + by,
);
const partOfAnother = integer({ min: 1, max: 2 }).map(
  (n): Edit =>
    ({ token, other }) => {
      return token
        .split('.')
        .with(n, other.split('.')[n] ?? '')
        .join('.');
    },
);

describe('resource server: no mutation of a valid token is accepted', () => {
  let issuer: Issuer;
  let api: Api;
  let subject: Subject;

  before(async () => {
    issuer = await Issuer.start();
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
    subject = { token: await issuer.token(), other: await issuer.token({ claims: { sub: 'bob' } }) };
  });

  after(async () => {
    await api.stop();
    await issuer.stop();
  });

  const accepts = async (token: string): Promise<boolean> => (await api.ask({ token })).status === 200;

  it('rejects any change of header, claims or signature (RFC 7515 §5.2)', async () => {
    nodeAssert.ok(await accepts(subject.token));
    const edits = oneof(replaced, inserted, deleted, swapped, lastReplaced, appended, partOfAnother);
    await assert(
      asyncProperty(edits, async (edit) => {
        // White space around a header value is not part of it (RFC 9110 §5.5).
        const mutated = edit(subject).trim();
        pre(mutated !== subject.token);
        nodeAssert.ok(!(await accepts(mutated)), mutated);
      }),
      { numRuns: LONG ? 500 : 150 },
    );
  });

  it('accepts one of the sixteen encodings of a signature (RFC 4648 §3.5)', async () => {
    const { token } = subject;
    const spellings = ALPHABET.filter((last) => last !== ' ').map((last) => token.slice(0, -1) + last);
    const outcomes = await Promise.all(spellings.map(accepts));
    nodeAssert.deepEqual(
      spellings.filter((_, n) => outcomes[n]),
      [token],
    );
  });
});
