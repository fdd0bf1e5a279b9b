import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import { browserOf } from '../accounts/browser-name.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { Mail } from '../mail/mail.ts';
import type { Message } from '../messages/messages.ts';
import type { Logger } from '../observability/log.ts';

/** Called before a sign-in on a device that the account is not known on: a crash after it has told of a sign-in with the right proof. */
export type OnNewDevice = (ctx: Context, account: Account) => Promise<void>;

/** Seconds after its creation in which every device of an account is new: the person has just made it. */
const FIRST_HOUR = 3600;

/** Tells the person by mail. A failure does not undo the sign-in. */
export function newDeviceNotice({
  mail,
  log,
  clock,
}: {
  mail: Mail;
  log: Pick<Logger, 'warn'>;
  clock: Clock;
}): OnNewDevice {
  return async (ctx, account) => {
    const now = nowInSeconds(clock);
    if (!mail.isEnabled || account.createdAt + FIRST_HOUR > now) return;
    const values = { username: account.username, browser: nameOf(ctx.get('User-Agent')), at: now };
    try {
      // A form that was sent twice is told of once.
      await mail.notice(account, 'newDevice', values, { key: ctx.state.pending.signInKey });
    } catch (err) {
      log.warn({ err, accountId: account.id }, 'the notice of a new device was not enqueued');
    }
  };
}

function nameOf(userAgent: string): Message {
  const browser = browserOf(userAgent);
  if (browser === undefined) return { key: 'mail.browsers.unknown' };
  const { name, system } = browser;
  return system === undefined
    ? { key: 'mail.browsers.name', values: { name } }
    : { key: 'mail.browsers.nameAndSystem', values: { name, system } };
}
