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
  /** What it may do; empty for one that recognises the person only. */
  permissions: PermissionGroup[];
  /** Epoch seconds: when consent was given; undefined for an application of this service, which does not ask. */
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
}

/** @returns the consent that was given last first, then the applications without */
async function accessOf(ctx: Context, services: AccountServices): Promise<Access[]> {
  const { account } = ctx.state.person;
  const [consents, uses] = await Promise.all([
    ownConsents(ctx, services).listNamed(account),
    sessionUses(services.store, account),
  ]);
  // The latest session of each.
  const beganAt = new Map(
    uses.toSorted((a, b) => a.beganAt - b.beganAt).map(({ clientId, beganAt: at }) => [clientId, at]),
  );
  const known = new Set(consents.map(({ clientId }) => clientId));
  const others = await Promise.all(
    [...beganAt.keys()].filter((id) => !known.has(id)).map((id) => services.store.clients.find(id)),
  );
  const withoutConsent = others.filter(
    (client) =>
      client !== undefined && !isWithdrawn(account, client.instance, { iat: beganAt.get(client.id) ?? 0 }),
  ) as ClientRecord[];
  return [
    ...consents
      .toSorted((a, b) => (b.givenAt ?? 0) - (a.givenAt ?? 0))
      .map((consent) => ({ clientId: consent.clientId, client: consent.client, consent })),
    ...withoutConsent.map((client) => ({ clientId: client.id, client })),
  ];
}

async function connectedApp(
  ctx: Context,
  { config, logos }: AccountServices,
  { clientId, client, consent }: Access,
): Promise<ConnectedApp> {
  const name = client === undefined ? clientId : shownName(client, preferredLanguages(ctx));
  const resources = consent?.resources ?? {};
  return {
    clientId,
    name,
    logo: client && (await logoPath(ctx, logos, client)),
    initial: initialOf(name),
    permissions:
      consent === undefined
        ? []
        : describeScopes(
            [...consent.openid, ...Object.values(resources).flat()],
            config.apis,
            Object.keys(resources),
            consent.claims,
          ),
    since: consent?.givenAt,
  };
}
