import type { Message } from '../../messages/messages.ts';
import type { FormProblem } from '../../pages/page-data.ts';

/** The data of the pages for people who cannot sign in, and of pages behind links from mails. */

/** Posts `csrf`, `interaction` and `name` to `action`. */
export interface ForgottenPasswordPage {
  action: string;
  csrf: string;
  /** `uid` of the interaction that the person came from. */
  interaction?: string | undefined;
  backUrl: string;
  /** Minutes that the link in the mail is valid. */
  minutes: number;
  /** The form was posted. The same for every name. */
  sent: boolean;
}

/** What a link is for, and the button that uses it. Posts `csrf` and `token` to `action`, and what the page asks for. */
export interface LinkPage {
  action: string;
  csrf: string;
  token: string;
  heading: Message;
  lead: Message;
  submit: Message;
  /** Asks for a new password, or for the current one, in the field `password`. `username`: for password managers. */
  password?:
    | { kind: 'new'; username: string; minimumLength: number }
    | { kind: 'current'; username: string }
    | undefined;
  /** What is wrong with what was typed; its field is `password`. */
  problems?: readonly FormProblem[] | undefined;
  /** A second button, which posts its name as `choice`. */
  other?: { choice: string; label: Message } | undefined;
}

/** Posts `csrf` and `to` to `action`, with `choice=send` for a code, or with the `code`. */
export interface ConfirmPage {
  action: string;
  csrf: string;
  /** The page that needs it, below the path of the issuer. */
  to: string;
  /** To which the code is sent. */
  address: string;
  /** For which the code is valid. */
  minutes: number;
  /** A code was sent. */
  sent: boolean;
  problem?: Message | undefined;
}

declare module '../../pages/page-data.ts' {
  interface PageData {
    'forgotten-password': ForgottenPasswordPage;
    confirm: ConfirmPage;
    link: LinkPage;
  }
}
