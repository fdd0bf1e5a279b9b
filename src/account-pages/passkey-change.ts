import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import type { KeyKind } from '../accounts/credentials/passkey-options.ts';
import { usableFactors } from '../accounts/sign-in/methods.ts';
import { mfaPolicy } from '../accounts/sign-in/policy.ts';
import { mailAddressOf } from '../accounts/sign-in-name.ts';
import type { Config } from '../config/config.ts';
import { offersEmailSignIn } from '../config/email-sign-in.ts';
import { relyingParty } from '../config/relying-party.ts';
import { factorNotice } from '../accounts/factor-notice.ts';
import { formField } from '../http/form-body.ts';
import { publicPath } from '../http/paths.ts';
import { seeOther } from '../http/see-other.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';
import { recordFactor } from './factor-news.ts';
import { textQuery } from './paging.ts';
import { passkeyByHandle, PASSKEYS_PATH, requirePasskeys } from './passkey-list.ts';
import { MAX_PASSKEY_NAME, passkeyName } from './passkey-name.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-passkey-rename': PasskeyRenamePage;
    'account-passkey-remove': PasskeyRemovePage;
  }
}

interface ChangedKey {
  handle: string;
  name: string;
  kind: KeyKind;
}

/** Posts `csrf`, `key` and `name`. */
export interface PasskeyRenamePage extends AccountFrame {
  passkey: ChangedKey;
  maxName: number;
}

/** Posts `csrf` and `key`. */
export interface PasskeyRemovePage extends AccountFrame {
  passkey: ChangedKey;
  /** Why it stays: without it, the account would have no way in. */
  refused?: 'last' | 'required' | undefined;
}

export function passkeyRenamePage(services: AccountServices): AccountPage {
  return {
    show: (ctx) => {
      requirePasskeys(services);
      const passkey = passkeyByHandle(ctx.state.person.account, textQuery(ctx, 'key'));
      if (passkey === undefined) return toList(ctx);
      services.renderPage(ctx, 'account-passkey-rename', {
        ...accountFrame(ctx, services, PASSKEYS_PATH),
        passkey,
        maxName: MAX_PASSKEY_NAME,
      });
    },
    submit: async (ctx) => {
      const { account } = ctx.state.person;
      const passkey = passkeyByHandle(account, formField(ctx, 'key'));
      if (passkey === undefined) return toList(ctx);
      const name = passkeyName(formField(ctx, 'name'));
      await requirePasskeys(services).rename(account.id, passkey.id, name);
      redirectDone(ctx, PASSKEYS_PATH, 'passkeys.done.renamed');
    },
  };
}

export function passkeyRemovePage(services: AccountServices): AccountPage {
  function render(
    ctx: Context,
    passkey: PasskeyRemovePage['passkey'],
    refused?: PasskeyRemovePage['refused'],
  ): void {
    const frame = accountFrame(ctx, services, PASSKEYS_PATH);
    services.renderPage(ctx, 'account-passkey-remove', { ...frame, passkey, refused });
  }

  return {
    show: (ctx) => {
      requirePasskeys(services);
      const passkey = passkeyByHandle(ctx.state.person.account, textQuery(ctx, 'key'));
      if (passkey === undefined) return toList(ctx);
      render(ctx, passkey);
    },
    submit: async (ctx) => {
      const { account } = ctx.state.person;
      const passkey = passkeyByHandle(account, formField(ctx, 'key'));
      // A double click, or another tab: it is removed, which is what the person wants.
      if (passkey === undefined) return toList(ctx);
      let refused: PasskeyRemovePage['refused'];
      const mails = await signsInByMail(services, account);
      const isAllowed = (without: Account): boolean => {
        refused = reasonToStay(services.config, without, mails);
        return refused === undefined;
      };
      const told = factorNotice(services.mail, 'removed', passkey.kind);
      const removed = await requirePasskeys(services).remove(account.id, passkey.id, isAllowed, told);
      if (removed === 'not allowed') {
        ctx.status = 400;
        render(ctx, passkey, refused);
        return;
      }
      if (removed !== undefined) {
        const { kind, name } = removed;
        recordFactor(ctx, services, 'removed', { factor: kind, name });
      }
      const done = passkey.kind === 'passkey' ? 'passkeys.done.removed' : 'passkeys.done.keyRemoved';
      redirectDone(ctx, PASSKEYS_PATH, done);
    },
  };
}

function toList(ctx: Context): void {
  seeOther(ctx, publicPath(ctx, PASSKEYS_PATH));
}

/** Whether the person can sign in with a mail: where that is on, to an address that is theirs alone. */
async function signsInByMail({ config, store }: AccountServices, account: Account): Promise<boolean> {
  return offersEmailSignIn(config) && (await mailAddressOf(store, account)) !== undefined;
}

/**
 * @param without the account as it would be
 * @param mails whether it can sign in with a mail, which is no factor where one is required
 * @returns `last`: it has no other way in. `required`: it needs a second factor, and has no other one
 */
function reasonToStay(config: Config, without: Account, mails: boolean): 'last' | 'required' | undefined {
  const { enrolled, hasPasskey } = usableFactors(without, relyingParty(config));
  if (hasPasskey) return undefined;
  const isRequired = mfaPolicy(config.mfa, without, undefined) === 'required';
  if (!without.hasPassword) return mails && !isRequired ? undefined : 'last';
  return isRequired && enrolled.length === 0 ? 'required' : undefined;
}
