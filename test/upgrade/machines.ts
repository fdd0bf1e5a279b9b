import { randomUUID } from 'node:crypto';
import { clientAssertion } from '../faults/races.ts';
import { MACHINE } from '../support/flow.ts';
import { otherThan } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import { verifyAtEach } from './signatures.ts';
import type { Traffic } from './traffic.ts';

/** Client credentials and introspection, the issuer's keys, and client assertions. */

const RESOURCE_SERVER = { id: 'demo-api', secret: 'demo-api-secret' };

export async function machineStep(traffic: Traffic, ledger: Ledger): Promise<void> {
  const isAssertion = Math.random() < 0.3;
  const name = isAssertion ? 'client assertion' : 'client credentials';
  await ledger.time(name, () => (isAssertion ? assertOnce(traffic, ledger) : machineToken(traffic, ledger)));
}

/** A token of one version, at the keys, introspection and revocation of the other. */
async function machineToken(traffic: Traffic, ledger: Ledger): Promise<void> {
  const form = { grant_type: 'client_credentials', scope: 'messages:read' };
  const { body, status, by } = await traffic.form('/token', form, { client: MACHINE });
  const token = body.access_token;
  if (!ledger.check('accepted', status === 200, () => `machine token at ${by}: ${status} ${body.error}`))
    return;
  await verifyAtEach(traffic, ledger, token, by);
  const introspect = async (version = otherThan(by)): Promise<boolean> => {
    const answer = await traffic.form('/introspect', { token }, { client: RESOURCE_SERVER, version });
    return answer.body.active === true;
  };
  ledger.check(
    'accepted',
    await introspect(),
    () => `machine token of ${by} introspected at the other version`,
  );
  const revoked = await traffic.form('/revoke', { token }, { client: MACHINE });
  for (const version of [otherThan(revoked.by), revoked.by]) {
    const isActive = await introspect(version);
    ledger.check('ended', !isActive, () => `machine token revoked at ${revoked.by}, active at ${version}`);
  }
}

/** RFC 7523 §3: a `jti` is good once. */
async function assertOnce(traffic: Traffic, ledger: Ledger): Promise<void> {
  const form = await clientAssertion(traffic.issuer, randomUUID());
  const first = await traffic.form('/token', form, { client: null });
  ledger.check('accepted', first.status === 200, () => `assertion at ${first.by}: ${first.status}`);
  const again = await traffic.form('/token', form, { client: null, version: otherThan(first.by) });
  ledger.check(
    'once',
    again.status === 401,
    () => `assertion at ${first.by}, then ${again.by}: ${again.status}`,
  );
}
