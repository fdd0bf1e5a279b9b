import type { Client } from '../clients/clients.ts';
import { createClientLogos } from '../clients/logos/logos.ts';
import type { CommandContext } from './context.ts';
import { commandOutbound } from './outbound.ts';
import { printWarning } from './output.ts';

/** Fetches the logo of a client that a command has written, so that the first page has it. What is wrong with it is a warning. */
export async function fetchClientLogo(
  { config, store, clock }: Pick<CommandContext, 'config' | 'store' | 'clock'>,
  { metadata: { logo_uri: logoUri } }: Client,
): Promise<void> {
  if (logoUri === undefined) return;
  const logos = createClientLogos({
    artifacts: store.artifacts,
    outbound: commandOutbound(config),
    clock,
    log: {
      warn: ({ problem }: { problem: string }) => printWarning(`logo_uri: is not shown: ${problem}`),
      error: ({ err }: { err: Error }) => printWarning(`logo_uri: ${err.message}`),
    } as Parameters<typeof createClientLogos>[0]['log'],
  });
  await logos.prepare(logoUri);
}
