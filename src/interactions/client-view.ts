import type { ClientView } from '../http/page-data.ts';
import type { PendingAuthorization } from '../oidc/interactions.ts';

export function clientView({ client }: PendingAuthorization): ClientView {
  const { id: _id, ...view } = client;
  return view;
}

export function interactionPath({ uid }: Pick<PendingAuthorization, 'uid'>): string {
  return `/interaction/${uid}`;
}
