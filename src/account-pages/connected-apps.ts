import type { Context } from 'koa';
import type { NamedConsent } from '../accounts/consents.ts';
import { isWithdrawn } from '../accounts/revocations.ts';
import { formField } from '../http/form-body.ts';
import { preferredLanguages } from '../http/languages.ts';
import type { PermissionGroup } from '../pages/page-data.ts';
import { describeScopes } from '../pages/scope-descriptions.ts';
import { initialOf } from '../pages/views.ts';
import type { ClientRecord } from '../store/store.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import { type AccountServices, ownConsents } from './account-services.ts';
import { logoPath, shownName } from './client-appearance.ts';
import { nextPage, textQuery } from './paging.ts';
import { sessionUses } from './session-clients.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-apps': ConnectedAppsPage;
  }
}

/** Posts `csrf` and `client`, a `client_id`. */
export interface ConnectedAppsPage extends AccountFrame {
  apps: ConnectedApp[];
  next?: string | undefined;
}

export interface ConnectedApp {
  clientId: string;
  name: string;
  /** Path of its logo on this server. */
  logo?: string | undefined;
  initial: string;
  /** False for an application of this service. */
  asks: boolean;
  /** What it may do; empty for one that recognises the person only. */
  permissions: PermissionGroup[];
  /** Epoch seconds: when consent was given, or when the session began in which an application of this service was used. */
  since?: number | undefined;
}

const PATH = '/account/apps';
const PAGE_SIZE = 20;

/**
 * The applications that may use the account: those that the person has allowed something, and those of this service that a session is used
 * for.
 */
export function connectedAppsPage(services: AccountServices): AccountPage {
  return {
    show: async (ctx) => {
      const access = await accessOf(ctx, services);
      const start = Number.parseInt(textQuery(ctx, 'from') ?? '0', 10) || 0;
      const end = Math.max(0, start) + PAGE_SIZE;
      const page = access.slice(Math.max(0, start), end);
      services.renderPage(ctx, 'account-apps', {
        ...accountFrame(ctx, services, PATH),
        apps: await Promise.all(page.map((each) => connectedApp(ctx, services, each))),
        next: access.length > end ? nextPage(ctx, PATH, { from: String(end) }) : undefined,
      });
    },
    submit: async (ctx) => {
      const clientId = formField(ctx, 'client') ?? '';
      const access = await accessOf(ctx, services);
      // One that has no access, any more or at all: there is nothing to withdraw.
      if (access.some((each) => each.clientId === clientId))
        await ownConsents(ctx, services).withdraw(ctx.state.person.account.id, clientId);
      redirectDone(ctx, PATH, 'account.apps.withdrawn');
    },
  };
}

/** The access of one application. */
interface Access {
  clientId: string;
  client: ClientRecord | undefined;
  consent?: NamedConsent | undefined;
  /** Of the first session that it is used in. */
  beganAt?: number | undefined;
}

/** @returns the consent that was given last first, then the applications without */
async function accessOf(ctx: Context, services: AccountServices): Promise<Access[]> {
  const { account } = ctx.state.person;
  const [consents, uses] = await Promise.all([
    ownConsents(ctx, services).listNamed(account),
    sessionUses(services.store, account),
  ]);
  const known = new Set(consents.map(({ clientId }) => clientId));
  const others = Map.groupBy(
    uses.filter(({ clientId }) => !known.has(clientId)),
    ({ clientId }) => clientId,
  );
  const withoutConsent = await Promise.all(
    [...others].map(async ([id, sessions]) => {
      const client = await services.store.clients.find(id);
      if (client === undefined) return [];
      const times = sessions.map(({ beganAt }) => beganAt);
      const valid = times.filter((iat) => !isWithdrawn(account, client.instance, { iat }));
      return valid.length === 0 ? [] : [{ clientId: id, client, beganAt: Math.min(...valid) }];
    }),
  );
  return [
    ...consents
      .toSorted((a, b) => (b.givenAt ?? 0) - (a.givenAt ?? 0))
      .map((consent) => ({ clientId: consent.clientId, client: consent.client, consent })),
    ...withoutConsent.flat(),
  ];
}

async function connectedApp(
  ctx: Context,
  { config, logos }: AccountServices,
  { clientId, client, consent, beganAt }: Access,
): Promise<ConnectedApp> {
  const name = client === undefined ? clientId : shownName(client, preferredLanguages(ctx));
  return {
    clientId,
    name,
    logo: client && (await logoPath(ctx, logos, client)),
    initial: initialOf(name),
    asks: consent !== undefined,
    permissions:
      consent === undefined ? registeredPermissions(client, config) : consentedPermissions(consent, config),
    since: consent?.givenAt ?? beganAt,
  };
}

type Apis = Pick<AccountServices['config'], 'apis'>;

function consentedPermissions({ openid, resources, claims }: NamedConsent, { apis }: Apis) {
  const scopes = [...openid, ...Object.values(resources).flat()];
  return describeScopes(scopes, apis, Object.keys(resources), claims);
}

/** Of an application of this service: it gets what it requests of its registered scope. */
function registeredPermissions(client: ClientRecord | undefined, { apis }: Apis): PermissionGroup[] {
  const { scope } = client?.metadata ?? {};
  return describeScopes(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [], apis);
}
