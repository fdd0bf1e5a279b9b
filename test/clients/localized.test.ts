import assert from 'node:assert/strict';
import { changedMembers, changeMetadata } from '../../src/clients/metadata-change.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { parseConfig } from '../../src/config/config.ts';
import { lookUpLanguage } from '../../src/messages/choice.ts';

const CONTEXT = parseConfig({});
const REDIRECTS = { redirect_uris: ['https://app.example/cb'] };

describe('client metadata in other languages (OpenID Connect Dynamic Client Registration §2.1)', () => {
  const check = (members: Record<string, unknown>) => checkMetadata({ ...REDIRECTS, ...members }, CONTEXT);

  it('is kept under its name, with the type of the member', () => {
    const members = {
      client_name: 'Shop',
      'client_name#de': 'Laden',
      'client_name#ja-Hani-JP': '店',
      'tos_uri#pt-BR': 'https://app.example/tos?lang=pt',
    };
    const { metadata, problems } = check(members);
    assert.deepEqual(problems, []);
    for (const [name, value] of Object.entries(members)) assert.equal(metadata[name as 'client_name'], value);
  });

  for (const [members, problem] of [
    [{ 'client_name#': 'x' }, 'client_name#: is not a language tag (BCP 47), such as de or pt-BR'],
    [{ 'client_name#d': 'x' }, 'client_name#d: is not a language tag (BCP 47), such as de or pt-BR'],
    [{ 'client_name#de_DE': 'x' }, 'client_name#de_DE: is not a language tag (BCP 47), such as de or pt-BR'],
    [{ 'client_name#de#fr': 'x' }, 'client_name#de?fr: is not a language tag (BCP 47), such as de or pt-BR'],
    [
      { 'client_name#\u001B[2J': 'x' },
      'client_name#??2J: is not a language tag (BCP 47), such as de or pt-BR',
    ],
    [
      { 'client_name#__proto__': 'x' },
      'client_name#__proto__: is not a language tag (BCP 47), such as de or pt-BR',
    ],
    [{ 'client_name#de': 'x', 'client_name#DE': 'y' }, 'client_name#DE: is there twice'],
    [{ 'client_name#de': 7 }, 'client_name#de: must be text'],
    [{ 'client_name#de': 'a\u202Eb' }, 'client_name#de: contains a control character'],
    [{ 'logo_uri#de': 'javascript:alert(1)' }, 'logo_uri#de: must be an http or https URL'],
    [{ 'redirect_uris#de': [] }, '"redirect_uris#de": unknown client metadata; did you mean redirect_uris?'],
    [{ 'first_party#de': true }, '"first_party#de": unknown client metadata; did you mean first_party?'],
  ] as const) {
    it(`refuses ${JSON.stringify(members)}`, () => assert.deepEqual(check(members).problems, [problem]));
  }

  it('has a limit', () => {
    const languages = Array.from({ length: 101 }, (_, index) => {
      const letters = String.fromCharCode(97 + (index % 26), 97 + Math.floor(index / 26));
      return [`client_name#x${letters}`.replace('#x', '#q'), 'x'];
    });
    assert.deepEqual(check(Object.fromEntries(languages)).problems, [
      'client metadata: more than 100 members in other languages',
    ]);
    assert.deepEqual(check(Object.fromEntries(languages.slice(1))).problems, []);
  });

  it('is changed and removed like other members', () => {
    const { metadata } = check({ 'client_name#de': 'Laden', 'client_name#fr': 'Boutique' });
    const change = { 'client_name#de': null, 'client_name#it': 'Negozio' };
    const changed = changeMetadata({ id: 'shop', metadata }, change, CONTEXT);
    assert.deepEqual(changed.problems, []);
    assert.deepEqual(changedMembers(metadata, changed.metadata), ['client_name#de', 'client_name#it']);
  });

  it('is chosen by RFC 4647 §3.4; without a tag it is in the language of the pages', () => {
    const tags = new Set(['de', 'zh-hant', 'fr-ca']);
    for (const [preferred, tag] of [
      [['de-ch-1996', 'fr'], 'de'],
      [['zh-hant-tw'], 'zh-hant'],
      [['zh-x-a-b'], undefined],
      [['fr', 'de'], 'de'],
      [['en-us', 'de'], undefined],
      [['tlh', 'x-', '-', 'zh-hant'], 'zh-hant'],
      [[], undefined],
    ] as const)
      assert.equal(lookUpLanguage(preferred, tags), tag, preferred.join());
  });
});
