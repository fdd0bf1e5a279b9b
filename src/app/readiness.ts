import type { Logger } from '../observability/log.ts';
import type { HsmConnection } from '../signing/signers/attach-hsm.ts';
import type { KeyRingWatcher } from '../signing/watcher.ts';
import type { Store, StoreIdentity } from '../store/store.ts';

/** The checks of `/readyz` and `/healthz`: whether this process can answer requests. */
export interface Readiness {
  /** Resolves when the process can answer requests; rejects with the first reason against it, one sentence without secrets. */
  ready(): Promise<void>;
  /** Rejects when only a restart helps. An unreachable store or HSM is no such reason. */
  alive(): Promise<void>;
  /** Makes `ready` reject from now on. */
  drain(): void;
}

export interface ReadinessOptions {
  store: Pick<Store, 'ping' | 'identify'>;
  /** Of the store at start-up. */
  identity: StoreIdentity | undefined;
  hsm: Pick<HsmConnection, 'check'> | undefined;
  keys: Pick<KeyRingWatcher, 'check'>;
  /** A request through the handler (`http/self-test.ts`). */
  selfTest: () => Promise<void>;
  log: Logger;
}

export function createReadiness(options: ReadinessOptions): Readiness {
  const { store, identity, hsm, keys, selfTest, log } = options;
  let draining = false;
  let reported: string | undefined;

  const check = async (): Promise<void> => {
    hsm?.check();
    await store.ping();
    const now = await store.identify();
    if (now === undefined) {
      throw new Error(
        'the store was emptied or removed under this server: restore a backup, then restart it',
      );
    }
    if (now.id !== identity?.id) {
      throw new Error('the store was replaced by another one under this server: restart it');
    }
    keys.check();
    await selfTest();
  };
  /** Logs each change once. */
  const report = (reason: string | undefined): void => {
    if (reason === reported) return;
    reported = reason;
    if (reason === undefined) log.warn('ready again');
    else log.error({ reason }, 'not ready');
  };
  return {
    async ready() {
      if (draining) throw new Error('shutting down');
      try {
        await check();
      } catch (error) {
        report(error instanceof Error ? error.message : String(error));
        throw error;
      }
      report(undefined);
    },
    alive: selfTest,
    drain: () => (draining = true),
  };
}
