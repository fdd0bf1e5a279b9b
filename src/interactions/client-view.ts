import type { ClientView } from '../pages/page-data.ts';
import type { PendingAuthorization } from '../oidc/authorization/pending-authorization.ts';

export function clientView({ client }: PendingAuthorization): ClientView {
  const { id: _id, ...view } = client;
  return view;
}
