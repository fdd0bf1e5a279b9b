import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { DEMO_ACCOUNT } from '../../../src/config/demo.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { dial, visit } from '../../proxy/visitor.ts';
import { LONG } from '../../support/long-form.ts';
import { needNginx, type Nginx, type NginxPlan, planNginx, startNginx } from '../../support/nginx.ts';
import { type Operator, operate } from '../../support/noun-access.ts';
import { SecretsSeen } from './secrets-seen.ts';
import { type ServerUnderTest, startServerUnderTest, STORAGE, type Storage } from './server-under-test.ts';

/**
 * The server of the rows of one file, over real sockets: on SQLite, or with `SIGNET_SECURITY=redis` as four workers on a Redis. The same rows
 * pass on both.
 */
export interface StageOptions {
  /** Behind nginx as in `deploy/nginx`: an https issuer, and therefore production mode, with alice but without the demo's clients. */
  proxy?: boolean;
}

/**
 * Starts the server before the first row of the file and stops it after the last.
 * @param config clients, APIs and other settings of the rows; in development, which is the default, in addition to the demo's
 */
export function useStage(config: Partial<ConfigInput> = {}, options: StageOptions = {}): Stage {
  const stage = new Stage();
  before(async function () {
    this.timeout(60_000);
    await stage.start(this, config, options);
  });
  after(async function () {
    // The search of a long log takes time.
    this.timeout(120_000);
    await stage.stop();
  });
  return stage;
}

export class Stage {
  readonly storage: Storage = STORAGE;
  /** Secrets that must not be stored anywhere. */
  readonly secrets = new SecretsSeen();
  #server: ServerUnderTest | undefined;
  #store: Store | undefined;
  #operator: Operator | undefined;
  #plan: NginxPlan | undefined;
  #nginx: Nginx | undefined;
  #leave: (() => Promise<void>) | undefined;
  #ahead = 0;

  async start(
    context: Mocha.Context,
    config: Partial<ConfigInput>,
    { proxy = false }: StageOptions,
  ): Promise<void> {
    this.secrets.listen();
    if (proxy) {
      await needNginx(context);
      this.#plan = await planNginx();
      this.#leave = visit(this.#plan);
    }
    const behindProxy =
      this.#plan === undefined ? {} : { issuer: this.#plan.issuer, port: 0, trustedProxies: ['127.0.0.1'] };
    this.#server = await startServerUnderTest(context, { ...behindProxy, ...config });
    this.#store = await openStore(this.server.config.store, { clock: () => Date.now() });
    this.#operator = await operate(this.server);
    if (this.#plan === undefined) return;
    await this.operator.accounts.add(DEMO_ACCOUNT);
    this.#nginx = await startNginx(this.#plan, [this.server.port]);
  }

  /** Stops it; in the long form of the tests, searches its log and store for secrets before (G19, D20). */
  async stop(): Promise<void> {
    this.secrets.stop();
    const kept = LONG && this.#server !== undefined ? await this.secretsKept() : [];
    await this.#end();
    assert.deepEqual(kept, [], 'secrets are in the log or the store');
  }

  /** Codes, tokens, secrets, passwords, cookies and private keys of this stage that are readable: `store: refresh_token as hex`. */
  async secretsKept(): Promise<string[]> {
    for (const [kind, value] of this.server.privateKeys()) this.secrets.note(kind, value);
    const places = { log: this.logged, store: this.server.stored() };
    const found = Object.entries(places).map(async ([place, text]) =>
      (await this.secrets.foundIn(text)).map((what) => `${place}: ${what}`),
    );
    return (await Promise.all(found)).flat();
  }

  async #end(): Promise<void> {
    if (this.#ahead > 0) await this.#server?.shiftClock(0);
    await this.#leave?.();
    await this.#nginx?.stop();
    await this.#operator?.close();
    await this.#store?.close();
    await this.#server?.stop();
  }

  /** The prefix of every URL. */
  get issuer(): string {
    return this.server.config.issuer;
  }

  /** The value of `Host`. */
  get host(): string {
    return new URL(this.issuer).host;
  }

  /** Configuration, ports, directory, log and store. */
  get server(): ServerUnderTest {
    if (this.#server === undefined) throw new Error('the server starts before the first row');
    return this.#server;
  }

  /** The log so far, also that of nginx. */
  get logged(): string {
    return this.server.logged() + (this.#nginx?.log() ?? '');
  }

  /** For changes of accounts and clients by commands while the server runs. */
  get operator(): Operator {
    if (this.#operator === undefined) throw new Error('the server starts before the first row');
    return this.#operator;
  }

  /** A second connection to the store of the running server. */
  get store(): Store {
    if (this.#store === undefined) throw new Error('the server starts before the first row');
    return this.#store;
  }

  /** The records of the store by type and digest, for "nothing stored": independent of records that expire meanwhile. */
  async records(): Promise<Set<string>> {
    const found = new Set<string>();
    for await (const record of this.store.transfer.dump()) {
      // Audit events are written later, and do not count.
      if (record.type === 'audit event') continue;
      found.add(`${record.type} ${'id' in record ? record.id : JSON.stringify(record)}`);
    }
    return found;
  }

  async recordsSince(before: ReadonlySet<string>): Promise<string[]> {
    const records = await this.records();
    return [...records.difference(before)];
  }

  /** Moves the clock of server and test forward, for the rest of the file. */
  async advance(seconds: number): Promise<void> {
    this.#ahead += seconds * 1000;
    await this.server.shiftClock(this.#ahead);
  }

  /** A connection of a client: TLS to nginx, for HTTP/2 with its name in `protocols`, or plain to the server itself. */
  dial(protocols: string[] = ['http/1.1']): Socket {
    if (this.#plan !== undefined) return dial(this.#plan, { ALPNProtocols: protocols });
    const socket = connect({ port: this.server.port, host: '127.0.0.1', noDelay: true });
    // The reader of the response sees its end.
    socket.on('error', () => undefined);
    return socket;
  }
}
