import type { MessageValues } from '../messages/messages.ts';

/** What a mail is made of, beside its name. */
export interface MailContent {
  language?: string | undefined;
  values: MessageValues;
  url?: string | undefined;
  /** Text of the button; by default that of the mail. */
  action?: string | undefined;
  code?: string | undefined;
}

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** The texts of a mail, from its name, values and language. */
export type RenderMail = (name: string, content: MailContent) => RenderedMail;
