import { createOutbound } from '../../src/outbound/create-outbound.ts';
import type { Outbound } from '../../src/outbound/outbound.ts';
import type { OutboundParts } from '../../src/outbound/outbound-parts.ts';

export interface TestOutbound extends Outbound {
  /** `purpose outcome` of each request. */
  readonly counted: readonly string[];
  /** Details in the log. */
  readonly logged: readonly object[];
  /** Milliseconds; moves by hand. */
  now: number;
}

/** With private networks and http, unless told otherwise. */
export function testOutbound(parts: Partial<OutboundParts> = {}): TestOutbound {
  const counted: string[] = [];
  const logged: object[] = [];
  const outbound = createOutbound({
    settings: { privateNetworks: true, http: true },
    clock: () => test.now,
    log: { warn: (details: object) => void logged.push(details) } as never,
    metrics: { outboundRequest: (purpose, outcome) => void counted.push(`${purpose} ${outcome}`) },
    ...parts,
  });
  const test: TestOutbound = { ...outbound, counted, logged, now: 1_800_000_000_000 };
  return test;
}
