import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import { browserOf } from '../accounts/browser-name.ts';
import type { CreationOptions, KeyKind } from '../accounts/credentials/passkey-options.ts';
import type { Added } from '../accounts/credentials/passkey-results.ts';
import { factorNotice } from '../accounts/factor-notice.ts';
import { formField } from '../http/form-body.ts';
import type { SignedIn } from '../http/services.ts';
import type { Message } from '../messages/messages.ts';
import { PASSKEY_REFUSALS } from '../pages/passkey-refusals.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';
import { recordFactor } from './factor-news.ts';
import { enrol, isStepUnused, lacksFactors } from './first-factor.ts';
import { PASSKEYS_PATH, requirePasskeys } from './passkey-list.ts';
import { MAX_PASSKEY_NAME, passkeyName } from './passkey-name.ts';
import { showFirstRecoveryCodes } from './recovery-codes.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-passkey-add': PasskeyAddPage;
  }
}

/** Posts `csrf`, `kind`, `name` and `credential`, the browser's answer to the options. Without a script it says what is missing. */
export interface PasskeyAddPage extends AccountFrame {
  kind: KeyKind;
  options: CreationOptions;
  /** Of the browser, as a name for the key. */
  browser?: { name: string; system: string | undefined } | undefined;
  maxName: number;
  /** It ends the sessions elsewhere. */
  isFirst: boolean;
  /** A security key is of no use to a person who signs in without a step before it. */
  isUnused: boolean;
  error?: Message | undefined;
}

/** The challenge of the page belongs to the session, and to the account as it is. */
function challengeKey({ session, account }: Pick<SignedIn, 'session' | 'account'>): string {
  return createHash('sha256')
    .update(JSON.stringify(['new passkey', session.uid, account.id, account.generation]))
    .digest('base64url');
}

/** Adds a passkey, or a security key with `kind=security_key`. */
export function passkeyAddPage(services: AccountServices): AccountPage {
  const { log, renderPage } = services;

  function render(ctx: Context, kind: KeyKind, error?: Message): void {
    const { person } = ctx.state;
    renderPage(ctx, 'account-passkey-add', {
      ...accountFrame(ctx, services, PASSKEYS_PATH),
      kind,
      options: requirePasskeys(services).creationOptions(person.account, kind, challengeKey(person)),
      browser: browserOf(ctx.headers['user-agent'] ?? ''),
      maxName: MAX_PASSKEY_NAME,
      isFirst: lacksFactors(ctx),
      isUnused: kind === 'security_key' && isStepUnused(ctx, services),
      error,
    });
  }

  return {
    show: (ctx) => render(ctx, kindOf(ctx.query.kind)),
    submit: async (ctx) => {
      const { person } = ctx.state;
      const kind = kindOf(formField(ctx, 'kind'));
      const name = passkeyName(formField(ctx, 'name'));
      const response = formField(ctx, 'credential') ?? '';
      const key = challengeKey(person);
      const passkeys = requirePasskeys(services);
      const attempt = { kind, name, response, key };
      const told = factorNotice(services.mail, 'added', kind);
      const added = await enrol(ctx, services, amrOf, () => passkeys.add(person.account.id, attempt, told));
      if (added.outcome === 'refused') {
        const { reason, detail } = added;
        log.info({ traceId: ctx.state.traceId, reason, detail }, 'new passkey refused');
        ctx.status = 400;
        render(ctx, kind, PASSKEY_REFUSALS[reason]);
        return;
      }
      const { account } = added;
      recordFactor(ctx, services, 'added', { factor: kind, name });
      // Where a password asks for a second factor from now on, there is a way back without the key.
      const done = kind === 'passkey' ? 'passkeys.done.added' : 'passkeys.done.keyAdded';
      if (account.hasPassword && (await showFirstRecoveryCodes(ctx, services, done))) return;
      redirectDone(ctx, PASSKEYS_PATH, done);
    },
  };
}

function kindOf(value: unknown): KeyKind {
  return value === 'security_key' ? 'security_key' : 'passkey';
}

/** Of a key on one device, or one that is synchronized (RFC 8176 §2). */
function amrOf(added: Added): readonly string[] {
  if (added.outcome !== 'added') return [];
  const key = added.account.details?.factors?.passkeys?.[added.credentialId];
  return [key?.isBackedUp === false ? 'hwk' : 'swk', 'user'];
}
