import assert from 'node:assert/strict';
import { createMessages } from '../../src/messages/messages.ts';
import { createMailRenderer } from '../../src/pages/mail.ts';
import { ISSUER, MAIL_SAMPLES } from './mail-samples.ts';

const messages = createMessages();
const brand = { name: 'Wonderland & Co', color: '#3056d3' };
const render = createMailRenderer({ messages, brand, issuer: ISSUER });

describe('every mail', () => {
  for (const { name, content } of MAIL_SAMPLES) {
    it(`${name} is complete in each language, as HTML and as text`, () => {
      const { url = '', code = '' } = content;
      for (const language of messages.languages) {
        const { subject, html, text } = render(name, { ...content, language });
        assert.match(html, new RegExp(`^<!DOCTYPE html>\n<html lang="${language}" dir="ltr">`));
        assert.match(html, /<title>[^<]+<\/title>/);
        assert.match(html, /Wonderland &amp; Co/);
        for (const form of [subject, html, text])
          assert.doesNotMatch(form, /\{\{|undefined|\[object|\bmail\./);
        assert.doesNotMatch(subject, /\n/);
        for (const part of [url, code]) assert.ok(text.includes(part));
        for (const part of [url.replace('&', '&amp;'), code]) assert.ok(html.includes(part));
        assert.equal(html.includes('<a '), url !== '');
      }
    });
  }
});
