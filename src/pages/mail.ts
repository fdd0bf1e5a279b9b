import { readFileSync } from 'node:fs';
import { Eta } from 'eta/core';
import type { RenderMail } from '../mail/rendered-mail.ts';
import { chooseLanguage } from '../messages/choice.ts';
import type { Messages } from '../messages/messages.ts';
import { accentOf } from './theme.ts';

/**
 * Mails, as HTML and as text: one layout for all (`views/mail/`), with the texts `mail.<name>.…` of the catalogues. Texts are plain, so that
 * both forms say the same; the HTML is made from them. Colours are in the elements and in one style for dark programs: many remove all else.
 */

export interface MailRendererOptions {
  messages: Messages;
  brand: { name: string; color: string };
  /** `src` of the logo, where there is one that mail programs show. */
  logo?: string | undefined;
  issuer: string;
}

const VIEWS = new URL('../../views/mail/', import.meta.url);

export function createMailRenderer({ messages, brand, logo, issuer }: MailRendererOptions): RenderMail {
  const eta = new Eta({ cache: true });
  for (const view of ['html', 'text'])
    eta.loadTemplate(`@${view}`, readFileSync(new URL(`${view}.eta`, VIEWS), 'utf8'));
  const accent = accentOf(brand.color);
  const host = new URL(issuer).host;
  const choose = chooseLanguage(messages.languages);
  return (name, { language, values, url, opensAccount, code }) => {
    const texts = messages.texts(choose([language]));
    const known = { brand: brand.name, ...values };
    const say = (part: string): string => {
      const text = texts.t(`mail.${name}.${part}`, known);
      // A text that is missing is its key.
      if (text.endsWith(`${name}.${part}`))
        throw new Error(`the mail ${name} has no ${part} in the catalogues`);
      return text;
    };
    const subject = say('subject');
    const paragraphs = say('text').split('\n\n');
    // A code stands below the sentence that says what it is for; a button below what leads to it.
    const lead = code === undefined ? paragraphs.length : 1;
    const data = {
      language: texts.language,
      direction: texts.direction,
      subject,
      heading: say('heading'),
      before: paragraphs.slice(0, lead),
      after: paragraphs.slice(lead),
      code,
      url,
      action: url && (opensAccount ? texts.t('mail.openAccount') : say('action')),
      footer: texts.t('mail.footer', { brand: brand.name, host }),
      brand,
      logo,
      accent,
    };
    return {
      subject,
      html: eta.render('@html', data),
      text:
        eta
          .render('@text', data)
          .replaceAll(/\n{3,}/g, '\n\n')
          .trim() + '\n',
    };
  };
}
