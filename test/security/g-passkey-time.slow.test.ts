import { Authenticator } from '../support/authenticator.ts';
import { LONG } from '../support/long-form.ts';
import { addPasskey, PasskeyPage } from '../support/passkeys.ts';
import { figure } from '../support/reporter.ts';
import { shuffled, tellingApart } from './support/response-times.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ROUNDS = LONG ? 500 : 5;

describe('G: the time of refused passkeys', () => {
  const stage = useStage({ limits: { authorizationRequests: 100_000, signInForms: 100_000 } });

  row(
    'G45',
    'response times for a wrong signature, an unknown key and an unknown account',
    'measured: unknown key <n>, unknown account <n>',
    async () => {
      const { id } = await stage.operator.accounts.add({ username: 'g45' });
      const key = await addPasskey({ config: stage.server.config, store: stage.store }, id);
      const stranger = new Authenticator(stage.issuer);
      const handleOf = (text: string): string => Buffer.from(text).toString('base64url');
      const page = await PasskeyPage.open(stage.issuer);
      /** Signed by a key that no account has. */
      const answer = (credentialId: string, account: string): string => {
        const signed = JSON.parse(page.answer(stranger, { userHandle: handleOf(account) })) as object;
        return JSON.stringify({ ...signed, id: credentialId, rawId: credentialId });
      };
      const kinds = {
        known: answer(key.credentialId, id),
        unknownKey: answer(stranger.credentialId, id),
        unknownAccount: answer(key.credentialId, '00000000-0000-4000-8000-000000000000'),
      };
      const times: Record<keyof typeof kinds, number[]> = { known: [], unknownKey: [], unknownAccount: [] };
      await page.post(kinds.known);
      for (let index = 0; index < ROUNDS; index += 1) {
        for (const kind of shuffled(Object.keys(kinds) as (keyof typeof kinds)[])) {
          const started = performance.now();
          await (await page.post(kinds[kind])).text();
          times[kind].push(performance.now() - started);
        }
      }
      const apart = (kind: keyof typeof kinds): string => tellingApart(times.known, times[kind]).toFixed(3);
      const seen = `unknown key ${apart('unknownKey')}, unknown account ${apart('unknownAccount')}`;
      figure(`G45, ${ROUNDS} each: told from a known key by time (AUC): ${seen}`);
      return `measured: ${seen}`;
    },
  ).timeout(120_000);
});
