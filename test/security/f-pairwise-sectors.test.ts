import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { call, outcome, register } from '../registration/client.ts';
import { DocumentHost } from '../support/document-host.ts';
import { signIn, token, type WEB } from '../support/flow.ts';
import { authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const VICTIM = { id: 'victim', secret: SECRET, redirectUri: 'https://victim.example/cb' };
const PAIRWISE = { subject_type: 'pairwise', grant_types: ['authorization_code', 'refresh_token'] };

/** A client that registers itself chooses its redirect URIs, and with them its sector (OpenID Connect Core §8.1). */
describe('F: sectors of clients that register themselves', () => {
  const stage = useStage({
    outbound: { privateNetworks: true },
    registration: { mode: 'open', documents: 'open', perNetwork: 100_000 },
    clients: [
      {
        client_id: VICTIM.id,
        client_secret: SECRET,
        redirect_uris: [VICTIM.redirectUri],
        first_party: true,
        subject_type: 'pairwise',
      },
    ],
  });
  const host = new DocumentHost();
  let subject: string;
  before(async () => {
    await host.start();
    subject = String(decodeJwt(String((await start(VICTIM)).tokens.id_token)).sub);
  });
  after(() => host.stop());

  const start = (client: typeof WEB) =>
    signIn(stage.issuer, { client, parameters: { scope: 'openid offline_access', prompt: 'consent' } });
  const clientOf = (body: Record<string, unknown>, redirectUri: string) => ({
    id: String(body.client_id),
    secret: String(body.client_secret),
    redirectUri,
  });

  const isLearned = (idToken: unknown): boolean => decodeJwt(String(idToken)).sub === subject;

  row('F36', 'the scheme of an app, with the host of another application', 'refused', async () => {
    const uris = ['com.evil.app://victim.example/cb', 'com.evil.app://victim.example/other'];
    for (const redirect_uris of [uris, uris.slice(1), [VICTIM.redirectUri, ...uris]]) {
      const metadata = { ...PAIRWISE, application_type: 'native', redirect_uris };
      const answer = await register(stage.issuer, metadata);
      if (answer.status === 201) {
        const { tokens } = await start(clientOf(answer.body, uris[1] ?? ''));
        return isLearned(tokens.id_token) ? 'learned' : 'another one';
      }
      assert.match(outcome(answer), /^400 invalid_client_metadata: sector_identifier_uri: needed/);
    }
    return 'refused';
  });

  for (const [what, before, after] of [
    ['the host of another application', 'pairwise', 'pairwise'],
    ['that host, and pairwise instead of public', undefined, 'pairwise'],
  ] as const) {
    row('F37', `a client with tokens that changes to ${what}`, 'refused', async () => {
      const own = { ...PAIRWISE, subject_type: before, redirect_uris: ['https://curious.example/cb'] };
      const { body } = await register(stage.issuer, own);
      const client = clientOf(body, 'https://curious.example/cb');
      const { tokens } = await start(client);
      const answer = await call(String(body.registration_client_uri), {
        method: 'PUT',
        token: String(body.registration_access_token),
        body: { ...own, client_id: client.id, subject_type: after, redirect_uris: [VICTIM.redirectUri] },
      });
      // Clients are cached for a second.
      await stage.advance(2);
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
      const refreshed = await token(stage.issuer, form, client);
      if (isLearned(refreshed.body.id_token)) return 'learned';
      assert.match(outcome(answer), /^400 invalid_client_metadata: subject_type: /);
      return 'refused';
    });
  }

  row('F38', 'logout tokens to another host than the responses', 'refused, 201', async () => {
    const metadata = { ...PAIRWISE, redirect_uris: [VICTIM.redirectUri] };
    const at = (host: string) =>
      register(stage.issuer, { ...metadata, backchannel_logout_uri: `https://${host}/logout` });
    // Its responses go to the other application, but the person would be named here.
    const answer = await at('curious.example');
    assert.match(outcome(answer), /^400 invalid_client_metadata: backchannel_logout_uri: /);
    return `refused, ${outcome(await at('victim.example'))}`;
  });

  // A document can change after its client has tokens, as in F37.
  row(
    'F38',
    'a metadata document with the host of another application',
    '400 page, own host: sign-in',
    async () => {
      const ask = async (redirectUri: string) => {
        const clientId = host.publish({ subject_type: 'pairwise', redirect_uris: [redirectUri] });
        const parameters = { client_id: clientId, redirect_uri: redirectUri, scope: 'openid' };
        return await authorizationAnswer(stage, parameters);
      };
      const other = await ask(VICTIM.redirectUri);
      const own = await ask(`${host.origin}/callback`);
      return `${other}, own host: ${own === '303 /interaction' ? 'sign-in' : own}`;
    },
  );
});
