import type { Context } from 'koa';
import { deletionOf } from '../accounts/deletion.ts';
import { publicPath } from '../http/paths.ts';
import { seeOther } from '../http/see-other.ts';
import type { Services } from '../http/services.ts';
import type { Message } from '../messages/messages.ts';
import type { Person } from '../pages/page-data.ts';
import { personOf } from '../pages/person.ts';
import { SECTIONS } from './sections.ts';

/**
 * What every page of `/account` has around its content: the navigation, the token of its form, and the note that says what the form before
 * has done. The layout prints it for a page whose data has `sections`.
 */
export interface AccountFrame {
  person: Person;
  csrf: string;
  sections: SectionLink[];
  /** What the form before has done. */
  done?: Message | undefined;
  /** In which times are shown. */
  zone: string;
  /** When the account is removed, at its person's request; epoch seconds. */
  deletionAt?: number | undefined;
}

export interface SectionLink {
  url: string;
  title: Message;
  text: Message;
  isCurrent: boolean;
}

/**
 * What a form may have done. The note travels in a cookie, which names one of these: an address cannot make a page say that something was done.
 */
const DONE: ReadonlySet<string> = new Set([
  'account.profile.saved',
  'account.password.changed',
  'email.sent',
  'passkeys.done.added',
  'passkeys.done.keyAdded',
  'passkeys.done.renamed',
  'passkeys.done.removed',
  'passkeys.done.keyRemoved',
  'account.sessions.ended',
  'account.sessions.othersEnded',
  'account.apps.withdrawn',
  'account.data.kept',
  'account.delete.requested',
  'authenticator.done.added',
  'authenticator.done.removed',
]);

/** Seconds: the browser shows the next page at once. */
const NOTE_LIFETIME = 60;

/** @param path of the section, as in `sections.ts` */
export function accountFrame(
  ctx: Context,
  services: Pick<Services, 'config' | 'formToken'>,
  path: string,
): AccountFrame {
  const { account } = ctx.state.person;
  const shown = SECTIONS.filter(({ isShown }) => isShown?.(services, account) !== false);
  return {
    person: personOf(account),
    csrf: services.formToken(ctx),
    sections: shown.map((section) => ({
      url: publicPath(ctx, section.path),
      title: section.title,
      text: section.text,
      isCurrent: section.path === path,
    })),
    done: takeNote(ctx),
    zone: zoneOf(account.claims.zoneinfo),
    deletionAt: deletionOf(account),
  };
}

/** Answers a form: redirects to a page, which says what was done. @param done one of `DONE` */
export function redirectDone(ctx: Context, path: string, done: string): void {
  if (!DONE.has(done)) throw new TypeError(`${done} is not on the list of what forms do`);
  setNote(ctx, done, NOTE_LIFETIME * 1000);
  seeOther(ctx, publicPath(ctx, path));
}

function takeNote(ctx: Context): Message | undefined {
  const done = ctx.cookies.get(ctx.cookieNames.done, { signed: false });
  if (done === undefined) return undefined;
  setNote(ctx, '', 0);
  return DONE.has(done) ? { key: done } : undefined;
}

function setNote(ctx: Context, value: string, maxAge: number): void {
  ctx.cookies.set(ctx.cookieNames.done, value, {
    path: publicPath(ctx, '/account'),
    maxAge,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
    overwrite: true,
  });
}

function zoneOf(zoneinfo: unknown): string {
  if (typeof zoneinfo !== 'string') return 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zoneinfo }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
