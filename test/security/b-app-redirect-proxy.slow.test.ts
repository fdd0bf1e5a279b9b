import { authorizationRequest, authorize } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SITE = 'https://vault.example/callback';
const TOOL = 'http://localhost:8250/oidc/callback';

/** In production, behind a proxy. */
describe('B: redirect URIs of tools in production', () => {
  const stage = useStage(
    {
      clients: [
        {
          client_id: 'vault',
          client_secret: 'a-secret-of-more-than-32-characters',
          redirect_uris: [SITE],
          loopback_redirect_uris: [TOOL],
          first_party: true,
          scope: 'openid',
        },
      ],
    },
    { proxy: true },
  );
  const of = (redirectUri: string) => ({ client_id: 'vault', redirect_uri: redirectUri, scope: 'openid' });

  row('B10', TOOL, '303 /interaction', () => authorizationAnswer(stage, of(TOOL)));
  for (const uri of ['http://localhost:8251/oidc/callback', 'http://127.0.0.1:8250/oidc/callback']) {
    row('B10', uri, '400 page', () => authorizationAnswer(stage, of(uri)));
  }
  row('B17', `a session, prompt=none: ${SITE}, then ${TOOL}`, 'R(code), R(consent_required)', async () => {
    const agent = new UserAgent();
    await authorize(agent, authorizationRequest(stage.issuer, of(TOOL)));
    const silently = (uri: string) => authorizationAnswer(stage, { ...of(uri), prompt: 'none' }, agent);
    return `${await silently(SITE)}, ${await silently(TOOL)}`;
  });
});
