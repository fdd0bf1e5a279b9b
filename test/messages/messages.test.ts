import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMessages, type Messages } from '../../src/messages/messages.ts';

const AT = 1_795_788_300;

describe('the texts of a language', () => {
  let directory: string;
  let messages: Messages;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'signet-locales-'));
    const catalogues = {
      en: {
        wait: 'again {{seconds, wait}}',
        lasts: 'for {{seconds, duration}}',
        day: '{{at, date}}',
        time: '{{at, dateTime}}',
        list: 'know {{items, list}}',
        mails_one: 'one mail',
        mails_other: '{{count}} mails',
        greeting: '<b>{{name}}</b>',
        only: 'in English',
      },
      de: {
        wait: '{{seconds, wait}} wieder',
        lasts: '{{seconds, duration}} lang',
        day: '{{at, date}}',
        time: '{{at, dateTime}}',
        list: '{{items, list}} erfahren',
        mails_one: 'eine Mail',
        mails_other: '{{count}} Mails',
        greeting: '<i>{{name}}</i>',
      },
      ar: { greeting: '<u>{{name}}</u>' },
    };
    for (const [language, texts] of Object.entries(catalogues)) {
      mkdirSync(join(directory, language));
      writeFileSync(join(directory, language, 'test.json'), JSON.stringify(texts));
    }
    messages = createMessages(pathToFileURL(`${directory}/`));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('has formats for times, dates and lists', () => {
    const shown = (language: string): string[] => {
      const { t } = messages.texts(language);
      return [
        ...[1, 119, 120, 7200, 172_800].map((seconds) => t('test.wait', { seconds })),
        t('test.lasts', { seconds: 1800 }),
        t('test.day', { at: AT }),
        t('test.time', { at: AT }),
        t('test.list', { items: ['a', { key: 'test.only' }, 'c'] }),
        ...[1, 2].map((count) => t('test.mails', { count })),
      ];
    };
    assert.deepEqual(shown('en'), [
      'again in 1 second',
      'again in 119 seconds',
      'again in 2 minutes',
      'again in 2 hours',
      'again in 2 days',
      'for 30 minutes',
      '27 November 2026',
      '27 November 2026 at 14:05 UTC',
      'know a, in English, c',
      'one mail',
      '2 mails',
    ]);
    assert.deepEqual(shown('de'), [
      'in 1 Sekunde wieder',
      'in 119 Sekunden wieder',
      'in 2 Minuten wieder',
      'in 2 Stunden wieder',
      'in 2 Tagen wieder',
      '30 Minuten lang',
      '27. November 2026',
      '27. November 2026 um 14:05 UTC',
      'a, in English und c erfahren',
      'eine Mail',
      '2 Mails',
    ]);
  });

  it('is that of the fallback for an unknown language and a missing text', () => {
    assert.deepEqual(messages.languages, ['en', 'ar', 'de']);
    assert.equal(messages.texts('tlh').language, 'en');
    assert.equal(messages.texts('de').t('test.only'), 'in English');
    assert.deepEqual(
      ['de', 'ar'].map((language) => messages.texts(language).direction),
      ['ltr', 'rtl'],
    );
  });

  it('K20: a value is text: neither markup nor a placeholder nor a reference to another text', () => {
    const { t, html, text } = messages.texts('de');
    const name = `$t(test.only) {{seconds}} <script>"'&`;
    assert.equal(t('test.greeting', { name }), `<i>${name}</i>`);
    assert.equal(
      html('test.greeting', { name }),
      '<i>$t(test.only) {{seconds}} &lt;script&gt;&quot;&#39;&amp;</i>',
    );
    assert.equal(
      html('test.list', { items: ['<a>', { key: 'test.greeting', values: { name: '<b>' } }] }),
      '&lt;a&gt;, <i>&lt;b&gt;</i> erfahren',
    );
    assert.equal(text(name), name);
    assert.equal(text({ key: 'test.greeting', values: { name } }), `<i>${name}</i>`);
  });
});
