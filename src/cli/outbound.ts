import type { Config } from '../config/config.ts';
import { createOutbound } from '../outbound/create-outbound.ts';
import type { Outbound } from '../outbound/outbound.ts';
import { printWarning } from './output.ts';
import { outboundSettings } from '../outbound/outbound-parts.ts';

interface OutboundFailureDetail {
  url: string;
  failure: string;
  detail: string;
}

/** The guarded fetch for a command. Why a request failed is a warning on standard error. */
export function commandOutbound(config: Config): Outbound {
  return createOutbound({
    settings: outboundSettings(config),
    clock: Date.now,
    log: {
      warn: ({ url, failure, detail }: OutboundFailureDetail) =>
        printWarning(`${url}: ${failure}, ${detail}`),
    },
    metrics: { outboundRequest: () => {} },
  });
}
