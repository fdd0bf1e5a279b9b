import { browserOf } from '../accounts/browser-name.ts';
import { changeNotice } from '../accounts/change-notice.ts';
import { sessionLimits } from '../accounts/session-limits.ts';
import type { SessionInfo } from '../accounts/sessions.ts';
import { nowInSeconds } from '../clock.ts';
import { formField } from '../http/form-body.ts';
import type { Message } from '../messages/messages.ts';
import { sessionHandle } from '../store/store.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import { type AccountServices, ownSessions } from './account-services.ts';
import { nextPage, textQuery } from './paging.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-sessions': SessionsPage;
  }
}

/** Posts `csrf` and `session`, a handle, or `others`. */
export interface SessionsPage extends AccountFrame {
  /** Seconds without use after which a session of the account ends, and seconds after the sign-in. */
  idle: number;
  maximum: number;
  sessions: ShownSession[];
  /** Whether there is another one to end. */
  hasOthers: boolean;
  next?: string | undefined;
}

export interface ShownSession {
  handle: string;
  isCurrent: boolean;
  /** Undefined for one that nothing recognises. */
  browser?: { name: string; system: string | undefined } | undefined;
  network?: string | undefined;
  /** Epoch seconds. */
  beganAt?: number | undefined;
  lastUsedAt?: number | undefined;
  methods: Message[];
}

const PATH = '/account/sessions';
const PAGE_SIZE = 20;

/** The browsers in which the person is signed in. */
export function sessionsPage(services: AccountServices): AccountPage {
  return {
    show: async (ctx) => {
      const { account, session } = ctx.state.person;
      const { idle, maximum } = sessionLimits(services.config.lifetimes, account);
      const own = sessionHandle(session.uid);
      const page = { after: textQuery(ctx, 'after'), limit: PAGE_SIZE };
      const { sessions, next } = await ownSessions(ctx, services).list(account.id, page);
      // One that a shorter limit has overtaken is of no use any more.
      const unusedSince = nowInSeconds(services.clock) - idle;
      const shown = sessions
        .filter(({ handle, lastUsedAt = Infinity }) => handle === own || lastUsedAt > unusedSince)
        .map((each) => shownSession(each, own));
      services.renderPage(ctx, 'account-sessions', {
        ...accountFrame(ctx, services, PATH),
        idle,
        maximum,
        sessions: shown.toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent)),
        // Of several pages, another one has others.
        hasOthers:
          shown.some(({ isCurrent }) => !isCurrent) || page.after !== undefined || next !== undefined,
        next: next && nextPage(ctx, PATH, { after: next }),
      });
    },
    submit: async (ctx) => {
      const { account, session } = ctx.state.person;
      const sessions = ownSessions(ctx, services);
      const own = sessionHandle(session.uid);
      if (formField(ctx, 'others') !== undefined) {
        const jobs = changeNotice(services.mail, 'sessionsEnded');
        await sessions.endOthers(account.id, own, { jobs });
        redirectDone(ctx, PATH, 'account.sessions.othersEnded');
        return;
      }
      // Of no account, of another one, or ended by now: there is nothing to end, which is what the person wants.
      const handle = formField(ctx, 'session') ?? '';
      if (handle !== own) await sessions.end(account.id, handle);
      redirectDone(ctx, PATH, 'account.sessions.ended');
    },
  };
}

function shownSession(
  { handle, userAgent = '', network, beganAt, lastUsedAt, amr = [] }: SessionInfo,
  own: string,
): ShownSession {
  return {
    handle,
    isCurrent: handle === own,
    browser: browserOf(userAgent),
    network,
    beganAt,
    lastUsedAt,
    methods: amr.flatMap((method) => METHODS[method] ?? []),
  };
}

/** Authentication methods (RFC 8176) that a person knows. */
const METHODS: Readonly<Record<string, Message>> = {
  pwd: { key: 'account.methods.password' },
  otp: { key: 'account.methods.code' },
  swk: { key: 'account.methods.passkey' },
  hwk: { key: 'account.methods.key' },
  email: { key: 'account.methods.email' },
};
