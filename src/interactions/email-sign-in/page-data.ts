import type { Message } from '../../messages/messages.ts';
import type { ClientView } from '../../pages/page-data.ts';

/** Posts `csrf` with `name` for a mail, or with the `code` from it, to `action`. */
export interface EmailSignInPage {
  action: string;
  csrf: string;
  /** The page with the password. */
  backUrl: string;
  client: ClientView;
  /** A mail was asked for: the page takes its code. */
  sent: boolean;
  /** Whether the mail has a link. */
  hasLink: boolean;
  minutes: number;
  /** Prefills the name, or the code of a link. */
  name?: string | undefined;
  code?: string | undefined;
  error?: (Message & { traceId: string }) | undefined;
}

/** For the link in another browser than the one that has asked for it. */
export interface EmailCodePage {
  code: string;
}

declare module '../../pages/page-data.ts' {
  interface PageData {
    'email-sign-in': EmailSignInPage;
    'email-code': EmailCodePage;
  }
}
