import type { Context } from 'koa';
import type { ClientLogos } from '../clients/logos/logos.ts';
import { clientLogoPath } from '../http/client-logo.ts';
import type { ClientView } from '../pages/page-data.ts';

/** The client of the pending request, for a page. */
export async function clientView(
  ctx: Context,
  { logos }: { logos: Pick<ClientLogos, 'fileOf'> },
): Promise<ClientView> {
  const { id: _id, logoUri, ...view } = ctx.state.pending.client;
  const file = logoUri === undefined ? undefined : await logos.fileOf(logoUri);
  return { ...view, logo: file && clientLogoPath(ctx, file) };
}
