import { randomUUID } from 'node:crypto';
import { createLinks } from '../../src/accounts/links.ts';
import { createInvitations } from '../../src/accounts/sign-up/invitations.ts';
import { authorizationRequest } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { UserAgent } from '../support/user-agent.ts';
import { shuffled, tellingApart } from './support/response-times.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ROUNDS = LONG ? 500 : 5;
const KINDS = ['known', 'unknown'] as const;
type Kind = (typeof KINDS)[number];

const addressOf = (kind: Kind, index: number): string => `g94-${kind}-${index}@example.com`;

describe('G: response times of sign-up and invitation', () => {
  const stage = useStage({ signUp: 'open', limits: { enabled: false } });
  const clock = () => Date.now();
  const links = () => createLinks({ artifacts: stage.store.artifacts, clock });

  /** How well the times of known and unknown addresses are told apart. */
  async function measure(ask: (kind: Kind, index: number) => Promise<Response>): Promise<string> {
    const times: Record<Kind, number[]> = { known: [], unknown: [] };
    for (let index = 0; index < ROUNDS; index += 1) {
      for (const kind of shuffled([...KINDS])) {
        const started = performance.now();
        await (await ask(kind, index)).text();
        times[kind].push(performance.now() - started);
      }
    }
    return tellingApart(times.known, times.unknown).toFixed(3);
  }

  const addKnown = async (index: number): Promise<void> => {
    const username = addressOf('known', index);
    await stage.operator.accounts.add({ username, claims: { email: username, email_verified: true } });
  };

  row(
    'G94',
    'response times for known and unknown addresses: form of a sign-up, page of its link, page of an invitation',
    'measured: form <n>, link <n>, invitation <n>',
    async () => {
      const invited: Record<string, string> = {};
      const linked: Record<string, string> = {};
      const { store, issuer } = stage;
      const invitations = createInvitations({
        store,
        links: links(),
        accounts: { uniqueEmail: false },
        issuer,
        clock,
      });
      for (let index = 0; index < ROUNDS; index += 1) {
        for (const kind of KINDS) {
          const address = addressOf(kind, index);
          invited[address] = (
            await invitations.add({ address, groups: [], isMailed: true, lifetime: 3600 })
          ).url;
          const content = {
            address,
            newAccountId: randomUUID(),
            waiting: { uid: 'x'.repeat(43), clientId: 'demo-web' },
          };
          const token = await links().create('sign-up', content, 3600);
          linked[address] = `${issuer}/sign-up/verify?token=${token}&here=1`;
        }
        await addKnown(index);
      }
      const agent = new UserAgent();
      const { url } = await agent.follow(authorizationRequest(issuer).url);
      const path = `${url.href}/sign_up`;
      const { fields } = formOf(await (await agent.get(path)).text());
      const seen = {
        form: await measure((kind, index) => agent.post(path, { ...fields, email: addressOf(kind, index) })),
        link: await measure((kind, index) => agent.get(linked[addressOf(kind, index)] ?? '')),
        invitation: await measure((kind, index) => agent.get(invited[addressOf(kind, index)] ?? '')),
      };
      const text = Object.entries(seen)
        .map(([what, area]) => `${what} ${area}`)
        .join(', ');
      figure(`G94, ${ROUNDS} each: known addresses told from unknown ones by time (AUC): ${text}`);
      return `measured: ${text}`;
    },
  ).timeout(300_000);
});
