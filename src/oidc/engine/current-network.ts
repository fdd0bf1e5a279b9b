import { Provider } from 'oidc-provider';
import { networkOf } from '../../limits/network.ts';

/** @returns the network of the request that is under way; undefined outside of one */
export function currentNetwork(): string | undefined {
  const { ctx } = Provider;
  return ctx === undefined ? undefined : networkOf(ctx.ip);
}
