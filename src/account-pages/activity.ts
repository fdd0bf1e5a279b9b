import type { Context } from 'koa';
import { isAccountClient } from '../clients/account-client.ts';
import { describeEvent } from '../audit/described-event.ts';
import { preferredLanguages } from '../http/languages.ts';
import { listedNetworkOf } from '../limits/network.ts';
import type { Message } from '../messages/messages.ts';
import type { AuditEvent } from '../store/store.ts';
import { type AccountFrame, accountFrame } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';
import { readEvents } from './activity-events.ts';
import { activityText } from './activity-texts.ts';
import { shownName } from './client-appearance.ts';
import { nextPage, textQuery } from './paging.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-activity': ActivityPage;
  }
}

export interface ActivityPage extends AccountFrame {
  events: ShownEvent[];
  next?: string | undefined;
}

export interface ShownEvent {
  /** Epoch seconds. */
  at: number;
  text: Message;
  isWarning: boolean;
  /** Who has done it, where that is not the person. */
  by?: Message | undefined;
  network?: string | undefined;
}

const PATH = '/account/activity';

/** What happened to the account, in words. Of who did it no more is shown than the network, as coarse as in the list of sessions. */
export function activityPage(services: AccountServices): AccountPage {
  return {
    show: async (ctx) => {
      const { account } = ctx.state.person;
      const until = Number(textQuery(ctx, 'before'));
      // What the person has done a moment ago.
      await services.audit.flush();
      const { events, before } = await readEvents(
        services.store.audit,
        account.id,
        Number.isSafeInteger(until) && until > 0 ? until : undefined,
      );
      const names = await clientNames(ctx, services, events);
      services.renderPage(ctx, 'account-activity', {
        ...accountFrame(ctx, services, PATH),
        events: events.map((event) => shownEvent(event, names)),
        next: before === undefined ? undefined : nextPage(ctx, PATH, { before: String(before) }),
      });
    },
  };
}

async function clientNames(
  ctx: Context,
  { store }: AccountServices,
  events: readonly AuditEvent[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(events.flatMap(({ clientId }) => clientId ?? []));
  const languages = preferredLanguages(ctx);
  const named = await Promise.all(
    [...ids]
      .filter((id) => !isAccountClient(id))
      .map(async (id) => {
        const client = await store.clients.find(id);
        return [id, client === undefined ? id : shownName(client, languages)] as const;
      }),
  );
  return new Map(named);
}

function shownEvent(event: AuditEvent, names: ReadonlyMap<string, string>): ShownEvent {
  const { actor, outcome } = describeEvent(event);
  const { at, clientId, ip } = event;
  return {
    at: Math.floor(at / 1000),
    text: activityText(event, clientId === undefined ? undefined : names.get(clientId)),
    isWarning: outcome === 'failure',
    by: actor === undefined ? undefined : BY[actor.kind],
    network: ip === undefined ? undefined : listedNetworkOf(ip),
  };
}

const BY: Readonly<Record<string, Message>> = {
  operator: { key: 'account.activity.byOperator' },
  client: { key: 'account.activity.byApp' },
};
