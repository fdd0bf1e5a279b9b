import { decodeJwt } from 'jose';
import type { ConfigInput } from '../../src/config/schema.ts';
import { signIn } from '../support/flow.ts';
import { LogoutReceiver } from '../support/logout-receiver.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import type { TestServer } from '../support/server.ts';
import type { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const PASSWORD = 'a password for the tests';

export type StartServer = (input: Partial<ConfigInput>) => Promise<TestServer>;

interface Person {
  id: string;
  username: string;
  password: string;
}

export function app(id: string, metadata: object = {}) {
  return {
    client_id: id,
    client_secret: SECRET,
    first_party: true,
    grant_types: ['authorization_code', 'refresh_token'] as const,
    redirect_uris: [`https://${id}.example/cb`],
    post_logout_redirect_uris: [`https://${id}.example/`],
    ...metadata,
  };
}

export const clientOf = (id: string) => ({
  id,
  secret: SECRET,
  redirectUri: `https://${id}.example/cb`,
});

/** A server with clients, of which some have a back channel to one receiver, and people who sign in. */
export class BackChannelScene {
  readonly server: TestServer;
  readonly receiver: LogoutReceiver;
  readonly operator: Operator;
  #people = 0;

  private constructor(server: TestServer, receiver: LogoutReceiver, operator: Operator) {
    this.server = server;
    this.receiver = receiver;
    this.operator = operator;
  }

  static async start(start: StartServer): Promise<BackChannelScene> {
    const receiver = await new LogoutReceiver().start();
    const server = await start({
      outbound: { privateNetworks: true },
      clients: [
        ...['one', 'two', 'slow'].map((id) =>
          app(id, { backchannel_logout_uri: `${receiver.origin}/${id}` }),
        ),
        app('silent'),
      ],
    });
    return new BackChannelScene(server, receiver, await operate(server));
  }

  async stop(): Promise<void> {
    await this.operator.close();
    await this.server.stop();
    await this.receiver.stop();
  }

  async newPerson(): Promise<Person> {
    this.#people += 1;
    const username = `person${this.#people}`;
    const person = { username, password: PASSWORD, skipPasswordRules: true };
    const { id } = await this.operator.accounts.add(person);
    return { id, username, password: PASSWORD };
  }

  /** A person signs in at clients, one after the other, in one browser. */
  async visit(
    ids: readonly string[],
    options: { parameters?: Record<string, string>; person?: Person } = {},
  ) {
    const person = options.person ?? (await this.newPerson());
    let agent: UserAgent | undefined;
    const sids: Record<string, unknown> = {};
    let tokens: Awaited<ReturnType<typeof signIn>>['tokens'] | undefined;
    for (const id of ids) {
      const signedIn = await signIn(this.server.issuer, {
        ...(agent && { agent }),
        client: clientOf(id),
        person,
        ...(options.parameters && { parameters: options.parameters }),
      });
      ({ agent, tokens } = signedIn);
      sids[id] = decodeJwt(String(tokens.id_token)).sid;
    }
    if (agent === undefined || tokens === undefined) throw new Error('no client');
    return { agent, sids, person, tokens };
  }

  logoutUrl(hint: unknown): string {
    return `${this.server.issuer}/logout?${new URLSearchParams({ id_token_hint: String(hint) }).toString()}`;
  }

  /** What has arrived at each path, after everything due was sent. */
  async sent(...paths: string[]) {
    await this.server.running.sendJobs();
    return paths.map((path) => this.receiver.take(path).map(({ token }) => decodeJwt(token)));
  }

  async jobs(filter: Parameters<Operator['store']['jobs']['list']>[0] = {}) {
    return (await this.operator.store.jobs.list(filter, { limit: 9 })).jobs;
  }
}
