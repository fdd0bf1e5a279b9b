import { createPasskeys } from '../../src/accounts/credentials/passkeys.ts';
import type { KeyKind } from '../../src/accounts/credentials/passkey-options.ts';
import { relyingParty } from '../../src/config/relying-party.ts';
import type { Config } from '../../src/config/config.ts';
import type { Store } from '../../src/store/store.ts';
import { type Answer, Authenticator } from './authenticator.ts';
import { authorizationRequest } from './flow.ts';
import { withLastingSessions } from './lasting-sessions.ts';
import { passkeyForm } from './html-form.ts';
import { UserAgent } from './user-agent.ts';

/** Passkeys of accounts of a running server, and sign-ins with them. */

/** Adds a key to an account, past the pages. Its sessions stay. */
export async function addPasskey(
  { config, store }: { config: Config; store: Store },
  accountId: string,
  settings: { kind?: KeyKind; key?: Authenticator; answer?: Answer } = {},
): Promise<Authenticator> {
  const party = relyingParty(config);
  const accounts = withLastingSessions(store.accounts);
  const keys = { accounts, artifacts: store.artifacts };
  const record = await accounts.find(accountId);
  if (party === undefined || record === undefined) throw new Error('no passkeys, or no such account');
  const { kind = 'passkey', key = new Authenticator(party.origin), answer = {} } = settings;
  const clock = () => Date.now();
  const passkeys = createPasskeys({ store: keys, relyingParty: party, challengeLifetime: 60, clock });
  const secret = 'of the test';
  const response = key.create(passkeys.creationOptions(record, kind, secret), answer);
  const added = await passkeys.add(accountId, { kind, name: 'Test key', response, key: secret });
  if (added.outcome !== 'added') throw new Error(`the key was not added: ${added.detail}`);
  return key;
}

/** A sign-in page in a browser. */
export class PasskeyPage {
  readonly agent: UserAgent;
  readonly url: URL;
  readonly html: string;

  private constructor(agent: UserAgent, url: URL, html: string) {
    this.agent = agent;
    this.url = url;
    this.html = html;
  }

  /** @param settings.start where the browser begins: an authorization request, or a page of the account */
  static async open(
    issuer: string,
    {
      agent = new UserAgent(),
      start = authorizationRequest(issuer).url,
    }: { agent?: UserAgent; start?: URL } = {},
  ): Promise<PasskeyPage> {
    const { url, response } = await agent.follow(start);
    return new PasskeyPage(agent, url, await response.text());
  }

  /** What the key answers to this page. */
  answer(key: Authenticator, answer: Answer = {}): string {
    return key.get(passkeyForm(this.html).options, answer);
  }

  /** Posts an answer, of this page or another one. */
  async post(credential: string, headers: Record<string, string> = {}): Promise<Response> {
    const { action, fields } = passkeyForm(this.html);
    return await this.agent.post(new URL(action, this.url), { ...fields, credential }, headers);
  }

  /** Signs in. */
  async use(key: Authenticator, answer: Answer = {}): Promise<Response> {
    return await this.post(this.answer(key, answer));
  }
}
