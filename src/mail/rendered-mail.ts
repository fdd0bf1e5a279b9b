import type { MessageValues } from '../messages/messages.ts';

/** What a mail is made of, beside its name. */
export interface MailContent {
  language?: string | undefined;
  values: MessageValues;
  url?: string | undefined;
  /** The address is that of the account's own page, and the button says so. */
  opensAccount?: boolean | undefined;
  code?: string | undefined;
}

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** The texts of a mail, from its name, values and language. */
export type RenderMail = (name: string, content: MailContent) => RenderedMail;
