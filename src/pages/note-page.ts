import type { Message } from '../messages/messages.ts';
import type { ReturnLink } from './page-data.ts';

/** What has come of a form or a link, or a link that is void. */
export interface NotePage {
  heading: Message;
  lead: Message;
  next?: { url: string; label: Message } | undefined;
  app?: ReturnLink | undefined;
}

declare module './page-data.ts' {
  interface PageData {
    note: NotePage;
  }
}
