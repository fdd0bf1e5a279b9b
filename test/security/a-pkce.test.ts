import { createHash } from 'node:crypto';
import { authorizationRequest, authorize, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { authorizationAnswer, tokenAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PUBLIC = 'public';
const NO_CHALLENGE = { code_challenge: undefined, code_challenge_method: undefined };

describe('A: PKCE', () => {
  const stage = useStage({
    clients: [{ client_id: PUBLIC, redirect_uris: [WEB.redirectUri], token_endpoint_auth_method: 'none' }],
  });
  const agent = new UserAgent();

  /** The request that redeems a new code, and its verifier. */
  async function newCode(): Promise<{ verifier: string; fields: Record<string, string> }> {
    const request = authorizationRequest(stage.issuer);
    const callback = await authorize(agent, request);
    const code = callback.searchParams.get('code') as string;
    const fields = { grant_type: 'authorization_code', code, redirect_uri: WEB.redirectUri };
    return { verifier: request.verifier, fields };
  }

  row('A09', 'no code_verifier', '400 invalid_grant', async () => {
    const { fields } = await newCode();
    return await tokenAnswer(stage, fields);
  });

  const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
  const wrongVerifiers: [what: string, error: string, of: (verifier: string) => string][] = [
    ['the challenge itself', 'invalid_grant', sha256],
    ['one letter more', 'invalid_grant', (verifier) => `${verifier}a`],
    ['a line break at the end', 'invalid_request', (verifier) => `${verifier}\n`],
    ['in capitals', 'invalid_grant', (verifier) => verifier.toUpperCase()],
    ['empty', 'invalid_grant', () => ''],
    ['too long', 'invalid_request', () => 'a'.repeat(129)],
    ['NUL', 'invalid_request', () => '\0'.repeat(43)],
  ];
  for (const [what, error, of] of wrongVerifiers) {
    row('A09', `code_verifier: ${what}`, `400 ${error}`, async () => {
      const { fields, verifier } = await newCode();
      return await tokenAnswer(stage, { ...fields, code_verifier: of(verifier) });
    });
  }

  row('A12', 'neither PKCE nor a nonce', 'R(invalid_request)', () =>
    authorizationAnswer(stage, { ...NO_CHALLENGE, nonce: undefined }),
  );
  row('A12', 'code_challenge_method without code_challenge', 'R(invalid_request)', () =>
    authorizationAnswer(stage, { code_challenge: undefined }),
  );

  const challenges: [what: string, parameters: Record<string, string | readonly string[] | undefined>][] = [
    ['plain', { code_challenge_method: 'plain' }],
    ['missing, which means plain', { code_challenge_method: undefined }],
    ['s256', { code_challenge_method: 's256' }],
    ['empty', { code_challenge_method: '' }],
    ['sent twice', { code_challenge_method: ['S256', 'plain'] }],
    ['S256 with a challenge of 42 characters', { code_challenge: 'a'.repeat(42) }],
    ['S256 with a challenge of 129 characters', { code_challenge: 'a'.repeat(129) }],
    ['S256 with an empty challenge', { code_challenge: '' }],
    ['S256 with a challenge that is no base64url', { code_challenge: `${'a'.repeat(42)}+` }],
    ['S256 with two challenges', { code_challenge: ['a'.repeat(43), 'b'.repeat(43)] }],
  ];
  for (const [what, parameters] of challenges) {
    row('A13', `code_challenge_method ${what}`, 'R(invalid_request)', () =>
      authorizationAnswer(stage, parameters),
    );
  }
});
