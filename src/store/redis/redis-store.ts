import type { Clock } from '../../clock.ts';
import type { Store } from '../store.ts';
import { RedisAccounts } from './accounts.ts';
import { parseAddress } from './connection/address.ts';
import { RedisArtifacts } from './artifacts/artifacts.ts';
import { RedisListed } from './artifacts/listed.ts';
import { RedisAudit } from './audit.ts';
import { RedisClients } from './clients.ts';
import { connect } from './connection/connect.ts';
import { RedisCounters } from './counters.ts';
import { createIdentity, readIdentity } from './identity.ts';
import { keys } from './keys.ts';
import { RedisJobs } from './jobs.ts';
import { SessionJobs } from './session-jobs.ts';
import { RedisSigningKeys } from './signing-keys.ts';
import { RedisTransfer } from './transfer/transfer.ts';

/**
 * The store in Redis, for many nodes: one server, Sentinel, or Cluster.
 *
 * The folder owns the keys, the scripts and the meaning of a Redis failure. It knows nothing of tokens and protocols beyond what
 * `store.ts` says. Its parts: `connection/` (client, address, time-outs, checks at start), `durability/` (which replicas confirm a
 * write), `revocation/` (epochs of grants and accounts), `artifacts/`, `transfer/` (dump and load), and one file for each other record.
 *
 * All keys of one script share a slot, by the part of their names in braces:
 *
 * | Keys | Slot | Content |
 * | --- | --- | --- |
 * | `signet:artifact:<kind>:{id}`, `signet:consumed:<kind>:{id}` | of the artifact | the record; the mark of its consumption |
 * | `signet:once:<kind>:{id}` | of the replay id | when it expires |
 * | `signet:alias:{uid or user code}` | of the alias | the sealed id of the artifact |
 * | `signet:era:grant:{id}` | of the grant | epoch and tombstone |
 * | `signet:era:account:{id}`, `signet:grants:{id}`, `signet:sessions:{id}`, `signet:consents:{id}` | of the account | epoch; its grants, sessions and consents, by expiry |
 * | `signet:account:{accounts}:<id>`, `signet:usernames:{accounts}`, `signet:emails…:{accounts}`, `signet:account-index…:{accounts}`, `signet:account-jobs:{accounts}` | one for all | accounts; jobs of their changes, for a moment |
 * | `signet:client:{clients}:<id>`, `signet:client-ids:{clients}:<source>` | one for all | clients |
 * | `signet:identity:{clients}` | of the clients | which store this is (`identity.ts`) |
 * | `signet:counter:{key}` | of the counter | count and when it is reset |
 * | `signet:{signing-keys}`, `signet:other:{signing-keys}` | one | signing keys: of RS256, of other algorithms |
 * | `signet:jobs:{jobs}:<part>` | one for all | the outbox |
 * | `signet:audit…:{audit}…` | one for all | audit events |
 *
 * Ids of artifacts, grants and aliases are digests. An artifact and its grant are in different slots, and no script spans two slots:
 * `revocation/revocation-epochs.ts` explains why no token survives its revocation nevertheless.
 *
 * @param text the address (`connection/address.ts`)
 * @param options.production whether a Redis without an append-only file is rejected
 * @param options.create whether a Redis without an identity gets one
 * @throws StoreOpenError
 */
export async function openRedisStore(
  text: string,
  options: { clock: Clock; production: boolean; create: boolean },
): Promise<Store> {
  const now = () => Math.floor(options.clock() / 1000);
  const redis = await connect(parseAddress(text), options.production);
  if (options.create) await redis.operation(() => createIdentity(redis, now()));
  const counters = new RedisCounters(redis, now);
  const jobs = new RedisJobs(redis, now);
  const sessionJobs = new SessionJobs(redis, jobs, now);
  return {
    artifacts: new RedisArtifacts(redis, sessionJobs, now),
    listed: new RedisListed(redis, now),
    accounts: new RedisAccounts(redis, now, { sessionJobs, jobs }),
    clients: new RedisClients(redis, jobs),
    signingKeys: new RedisSigningKeys(redis),
    jobs,
    audit: new RedisAudit(redis),
    counters,
    quotas: counters,
    transfer: new RedisTransfer(redis, now),
    counts: redis.counts,
    ping: () =>
      redis.operation(async () => {
        await redis.send((client) => client.set(keys.ping, now(), 'PX', PING_LIFETIME_MS));
        await redis.command((client) => client.get(keys.ping));
      }),
    identify: () => redis.operation(() => readIdentity(redis)),
    // Redis removes expired keys itself.
    sweep: () => redis.operation(() => Promise.resolve(0)),
    close: () => redis.close(),
  };
}

const PING_LIFETIME_MS = 60_000;
