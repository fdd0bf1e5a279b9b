import assert from 'node:assert/strict';
import { assert as forAll, nat, property, string } from 'fast-check';
import { normalizeUsername } from '../../src/accounts/username.ts';
import { normalizedLengths } from '../support/normalized-texts.ts';

/** Any code point, surrogates too. fast-check's own unit `binary` takes a second to prepare. */
const codePoint = nat(0x10_ff_ff).map((point) => String.fromCodePoint(point));

describe('Usernames', () => {
  const spellings: [title: string, written: string, stored: string][] = [
    ['in lower case', 'Alice', 'alice'],
    ['without white space around them', ' \t alice\u00a0', 'alice'],
    ['with compatibility characters folded', 'ａｌｉｃｅ', 'alice'],
    ['composed', 'jose\u0301', 'jos\u00e9'],
    ['unchanged when they are email addresses', 'alice@example.com', 'alice@example.com'],
  ];
  for (const [title, written, stored] of spellings) {
    it(`are stored ${title}`, () => assert.equal(normalizeUsername(written), stored));
  }

  const rejected: [title: string, text: string, problem: RegExp][] = [
    ['nothing', '', /is empty/],
    ['white space', ' \u3000 ', /is empty/],
    ['a NUL', 'al\0ice', /invisible/],
    ['a line break', 'al\nice', /invisible/],
    ['a zero-width space', 'al\u200bice', /invisible/],
    ['a direction override', 'al\u202eice', /invisible/],
    ['a line separator', 'al\u2028ice', /invisible/],
    ['a lone surrogate', 'al\ud800ice', /invisible/],
    ['more than 128 characters', 'a'.repeat(129), /longer than 128/],
  ];
  for (const [title, text, problem] of rejected) {
    it(`reject ${title}`, () => assert.throws(() => normalizeUsername(text), problem));
  }

  it('may have 128 characters outside the basic plane', () => {
    assert.equal(Array.from(normalizeUsername('𐐨'.repeat(128))).length, 128);
  });

  it('may be written with four times as many characters, decomposed', () => {
    assert.equal(normalizeUsername('\u1f82'.repeat(128).normalize('NFD')), '\u1f82'.repeat(128));
  });

  it('are not normalized when they are longer than any spelling', () => {
    const text = `a${'\u0315\u0316'.repeat(4000)}`;
    const lengths = normalizedLengths(() => {
      assert.throws(() => normalizeUsername(text), /longer than 128/);
    });
    assert.deepEqual(lengths, []);
  });

  it('have one stored spelling: normalization is idempotent', () => {
    forAll(
      property(string({ unit: codePoint }), (text) => {
        let once: string;
        try {
          once = normalizeUsername(text);
        } catch {
          return;
        }
        assert.equal(normalizeUsername(once), once);
      }),
      { numRuns: 500 },
    );
  });
});
