import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { constant, constantFrom, oneof, sample } from 'fast-check';
import { Agent } from 'undici';
import { mutationOf } from '../security/support/mutation.ts';
import {
  API,
  authorizationRequest,
  authorize,
  basic,
  MACHINE,
  redeem,
  token,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import type { AnswerCount } from './answers.ts';

/** The requests: valid ones of people and machines, and mutations of them. */

/** One request or a few; `AnswerCount` counts their answers. */
type Action = () => Promise<void>;

/** How many people are signed in at the same time. */
const PEOPLE = 8;
/** Visits after which a person starts with an empty browser. */
const VISITS = 20;

const FORM = 'application/x-www-form-urlencoded';
const TOKEN_FORM = 'grant_type=client_credentials&scope=messages%3Aread';

export interface Traffic {
  /** Picks one; about half of them are mutated. */
  next: () => Action;
  close: () => Promise<void>;
}

export function createTraffic(issuer: string, answers: AnswerCount): Traffic {
  const agent = new Agent({ connections: 64, pipelining: 1, connect: { family: 4 } });
  const machine = { authorization: basic(MACHINE), 'content-type': FORM };

  const send = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<void> => {
    const answer = await agent.request({
      origin: issuer,
      method,
      path,
      headers,
      ...(body !== undefined && { body }),
    });
    await answer.body.dump();
  };

  const visit = visits(issuer);
  const mutatedForms = endless(() =>
    mutationOf(
      oneof(
        constant(TOKEN_FORM),
        constantFrom(
          'grant_type=refresh_token&refresh_token=x',
          'grant_type=authorization_code&code=x&redirect_uri=x',
          'token=x',
          'client_id=x&client_secret=y',
        ),
      ),
    ),
  );
  const mutatedHeaders = endless(() => mutationOf(constant(basic(MACHINE))));
  const mutatedQueries = endless(() =>
    mutationOf(constant(authorizationRequest(issuer).url.search.slice(1))),
  );
  const mutatedTargets = endless(() =>
    mutationOf(
      constantFrom(
        '/token',
        '/jwks',
        '/logout?post_logout_redirect_uri=http://localhost:3002/',
        '/interaction/x/login',
      ),
    ),
  );

  const actions: readonly [weight: number, action: Action][] = [
    [30, () => send('POST', '/token', machine, TOKEN_FORM)],
    [4, () => send('GET', '/jwks')],
    [4, () => send('GET', '/.well-known/openid-configuration')],
    [12, visit],
    [
      4,
      () => send('GET', authorizationRequest(issuer).url.pathname + authorizationRequest(issuer).url.search),
    ],
    [14, () => send('POST', one(['/token', '/introspect', '/revoke', '/par']), machine, mutatedForms())],
    [
      10,
      () => send('POST', '/token', { ...machine, authorization: headerText(mutatedHeaders()) }, TOKEN_FORM),
    ],
    [12, () => send('GET', `/authorize?${encodeURI(mutatedQueries()).replaceAll('#', '%23')}`)],
    [4, () => send('GET', '/userinfo', { authorization: `Bearer ${headerText(mutatedHeaders())}` })],
    [
      6,
      () =>
        raw(
          issuer,
          answers,
          `GET ${mutatedTargets()} HTTP/1.1\r\nHost: ${new URL(issuer).host}\r\nConnection: close\r\n\r\n`,
        ),
    ],
  ];
  const deck = actions.flatMap(([weight, action]) => Array.from({ length: weight }, () => action));
  return {
    next: () => one(deck),
    close: () => agent.destroy(),
  };
}

/** People who sign in and then visit the app repeatedly with the session: code, tokens, use, refresh, sometimes revocation. */
function visits(issuer: string): Action {
  const people = Array.from({ length: PEOPLE }, () => ({ agent: new UserAgent(), visits: 0, busy: false }));
  const post = (path: string, tokenValue: string): Promise<unknown> =>
    fetch(`${issuer}${path}`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams({ token: tokenValue }),
    }).then((response) => response.text());

  const use = async ({ access_token, refresh_token }: TokenResponse, turn: number): Promise<void> => {
    await fetch(`${issuer}/userinfo`, { headers: { Authorization: `Bearer ${access_token}` } }).then(
      (response) => response.text(),
    );
    await post('/introspect', access_token);
    if (refresh_token === undefined) return;
    const { body } = await token(issuer, { grant_type: 'refresh_token', refresh_token });
    // A replay ends the family; most families expire.
    if (turn % 5 === 0) await token(issuer, { grant_type: 'refresh_token', refresh_token });
    if (turn % 3 === 0) await post('/revoke', body.refresh_token ?? 'x');
  };

  return async () => {
    const person = people.find(({ busy }) => !busy);
    if (person === undefined) return;
    person.busy = true;
    try {
      if (person.visits % VISITS === 0) person.agent = new UserAgent();
      person.visits += 1;
      const scope = person.visits % 2 === 0 ? 'openid offline_access' : `openid messages:read`;
      const request = authorizationRequest(issuer, {
        scope,
        ...(scope.includes('messages') ? { resource: API } : { prompt: 'consent' }),
      });
      const callback = await authorize(person.agent, request);
      const { body } = await redeem(issuer, callback.searchParams.get('code') ?? '', request);
      await use(body, person.visits);
    } finally {
      person.busy = false;
    }
  };
}

/** Sends bytes that Node's client would refuse to send. */
async function raw(issuer: string, answers: AnswerCount, bytes: string): Promise<void> {
  const socket = connect(Number(new URL(issuer).port), '127.0.0.1');
  socket.on('error', () => undefined);
  answers.sent += 1;
  socket.write(bytes, 'latin1');
  const answer = await text(socket).catch(() => '');
  answers.count(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'error');
}

/** Generates values, a thousand at a time. */
function endless(make: () => ReturnType<typeof mutationOf>): () => string {
  let values: string[] = [];
  return () => {
    if (values.length === 0) values = sample(make(), 1000);
    return values.pop() as string;
  };
}

const one = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;

const headerText = (value: string): string => value.replaceAll(/[^\x20-\x7e]/g, '');
