import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createMessages } from '../../src/messages/messages.ts';
import { createMailRenderer } from '../../src/pages/mail.ts';

const messages = createMessages();
const brand = { name: 'Wonderland & Co', color: '#3056d3' };
const render = createMailRenderer({ messages, brand, issuer: 'https://id.example.com/auth' });
const texts = JSON.parse(
  readFileSync(new URL('../../locales/en/mail.json', import.meta.url), 'utf8'),
) as Record<string, string | { subject?: string; action?: string }>;
const mails = Object.entries(texts).flatMap(([name, parts]) =>
  typeof parts === 'object' && 'subject' in parts ? [[name, parts] as const] : [],
);

/** Every value that a mail has. */
const VALUES = {
  username: 'alice',
  name: 'Alice',
  address: 'alice@example.com',
  browser: 'Firefox on Linux',
  factor: { key: 'mail.factors.totp' },
  at: 1_800_000_000,
  since: 1_800_000_000,
  seconds: 1800,
  lifetime: 1800,
  delay: 86_400,
  left: 3,
  count: 3,
};
const URL_OF_LINK = 'https://id.example.com/auth/x?token=a&b';

describe('every mail', () => {
  for (const [name, { action }] of mails) {
    it(`${name} is complete in each language, as HTML and as text`, () => {
      const content = { values: VALUES, ...(action !== undefined && { url: URL_OF_LINK }) };
      for (const language of messages.languages) {
        const { subject, html, text } = render(name, { ...content, language });
        assert.match(html, new RegExp(`^<!DOCTYPE html>\n<html lang="${language}" dir="ltr">`));
        assert.match(html, /<title>[^<]+<\/title>/);
        assert.match(html, /Wonderland &amp; Co/);
        for (const form of [subject, html, text])
          assert.doesNotMatch(form, /\{\{|undefined|\[object|\bmail\./);
        assert.doesNotMatch(subject, /\n/);
        assert.equal(text.includes(URL_OF_LINK), action !== undefined);
        assert.equal(html.includes('?token=a&amp;b'), action !== undefined);
      }
    });
  }
});
