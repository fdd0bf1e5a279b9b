import type { Clock } from '../clock.ts';
import type { Instruments } from '../observability/instruments.ts';
import type { Logger } from '../observability/log.ts';
import type { ResolveHost } from './addresses.ts';

export interface OutboundSettings {
  /** Whether loopback, private and shared addresses may be connected to. */
  readonly privateNetworks: boolean;
  /** Whether `http:` is allowed besides `https:`. */
  readonly http: boolean;
}

export interface OutboundParts {
  settings: OutboundSettings;
  clock: Clock;
  log: Pick<Logger, 'warn'>;
  metrics: Pick<Instruments, 'outboundRequest'>;
  /** Default: the resolver of the operating system. */
  resolve?: ResolveHost;
  /** Milliseconds for one request, the lookup of its host included. Default: 2500. */
  timeout?: number;
}

interface ConfiguredOutbound {
  readonly mode: 'development' | 'production';
  readonly outbound: { readonly privateNetworks: boolean };
  /** The conformance suite runs on this machine. */
  readonly profile?: 'conformance' | undefined;
}

/** `http:` needs both the switch and an issuer on this machine: in production no document arrives unauthenticated. */
export function outboundSettings({ mode, outbound, profile }: ConfiguredOutbound): OutboundSettings {
  const privateNetworks = outbound.privateNetworks || profile === 'conformance';
  return { privateNetworks, http: privateNetworks && mode === 'development' };
}
