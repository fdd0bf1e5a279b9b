import type { Context } from 'koa';
import { AccountError } from '../accounts/errors.ts';
import type { Account } from '../accounts/accounts.ts';
import { hasInvisible } from '../accounts/visible-text.ts';
import type { EditableClaim } from '../config/schema-account.ts';
import { formField } from '../http/form-body.ts';
import { publicPath } from '../http/paths.ts';
import type { Message } from '../messages/messages.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import { type AccountServices, ownAccounts } from './account-services.ts';
import { CLAIM_FIELDS, type ClaimField } from './claim-fields.ts';
import { EMAIL_PATH } from './email.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-profile': ProfilePage;
  }
}

/** Posts `csrf` and a field for each claim, by its name. */
export interface ProfilePage extends AccountFrame {
  fields: (ClaimField & { claim: EditableClaim; value: string; isWrong: boolean })[];
  problem?: Message | undefined;
  email?: string | undefined;
  isEmailVerified: boolean;
  /** Of the page that changes the address. */
  emailUrl?: string | undefined;
}

const PATH = '/account/profile';
/** Characters. */
const MAX_LENGTH = 200;

type Typed = Partial<Record<EditableClaim, string>>;

/** What applications may learn of a person, and the language and time zone of these pages. `account.editableClaims` says what can be edited. */
export function profilePage(services: AccountServices): AccountPage {
  const { editableClaims } = services.config.account;

  function render(ctx: Context, typed: Typed = {}, wrong: readonly string[] = []): void {
    const { claims } = ctx.state.person.account;
    services.renderPage(ctx, 'account-profile', {
      ...accountFrame(ctx, services, PATH),
      fields: editableClaims.map((claim) => {
        const value = typed[claim] ?? textOf(claims[claim]);
        return { ...fieldOf(services, claim, value), claim, value, isWrong: wrong.includes(claim) };
      }),
      ...(wrong.length > 0 && { problem: { key: 'account.profile.wrong' } }),
      email: typeof claims.email === 'string' ? claims.email : undefined,
      isEmailVerified: claims.email_verified === true,
      emailUrl: services.mail.isEnabled ? publicPath(ctx, EMAIL_PATH) : undefined,
    });
  }

  return {
    show: (ctx) => render(ctx),
    submit: async (ctx) => {
      const { account } = ctx.state.person;
      const typed = readForm(ctx, editableClaims);
      const unfit = editableClaims.filter((claim) => isUnfit(typed[claim] ?? '', account.claims[claim]));
      const wrong = unfit.length > 0 ? unfit : await save(ctx, services, account, typed);
      if (wrong.length > 0) {
        ctx.status = 400;
        render(ctx, typed, wrong);
      } else redirectDone(ctx, PATH, 'account.profile.saved');
    },
  };
}

/** @param stored stays as it is, because an operator may have set it */
function isUnfit(typed: string, stored: unknown): boolean {
  return typed.length > MAX_LENGTH || (typed !== textOf(stored) && hasInvisible(typed));
}

function readForm(ctx: Context, claims: readonly EditableClaim[]): Typed {
  const fields = claims.map((claim) => [claim, formField(ctx, claim)?.trim()] as const);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** @returns the names of the claims that are wrong */
async function save(
  ctx: Context,
  services: AccountServices,
  { id, claims }: Account,
  typed: Typed,
): Promise<string[]> {
  const changed = Object.entries(typed).filter(([claim, value]) => value !== textOf(claims[claim]));
  if (changed.length === 0) return [];
  const changes = Object.fromEntries(changed.map(([claim, value]) => [claim, value === '' ? null : value]));
  try {
    await ownAccounts(ctx, services).changeClaims(id, changes);
    return [];
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const named = error.problems.map((problem) => problem.split(':')[0] ?? '');
    return named.filter((name) => name in changes).concat(named.length === 0 ? Object.keys(changes) : []);
  }
}

/** A value that is stored and no choice of the page stays one. */
function fieldOf({ languages }: AccountServices, claim: EditableClaim, value: string): ClaimField {
  const field = CLAIM_FIELDS[claim];
  const options = claim === 'locale' ? languages.map(languageName) : field.options;
  if (options === undefined || options.some((option) => option.value === value)) return { ...field, options };
  return { ...field, options: [...options, { value, label: value }] };
}

function languageName(tag: string): { value: string; label: string } {
  const name = new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag;
  return { value: tag, label: name.charAt(0).toLocaleUpperCase(tag) + name.slice(1) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
