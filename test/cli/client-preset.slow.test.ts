import assert from 'node:assert/strict';
import { Workplace } from './run-signet.ts';

describe('signet client add --preset', function () {
  this.timeout(30_000);
  let workplace: Workplace;
  before(() => void (workplace = new Workplace({ ownProcess: false })));
  after(() => workplace.remove());

  it('adds a client, and prints its addresses and the lines for its settings', async () => {
    const command = 'client add --preset express-openid-connect --app-url https://app.example --id app';
    const { code, stdout } = await workplace.run(command.split(' '));
    const secret = /client_secret +([\w-]{43})\n/.exec(stdout)?.[1] ?? assert.fail(stdout);
    assert.deepEqual(
      [code, stdout.split('\n')],
      [
        0,
        [
          'added app',
          'issuer                    http://localhost:3000',
          'discovery                 http://localhost:3000/.well-known/openid-configuration',
          'client_id                 app',
          `client_secret             ${secret}`,
          'redirect_uri              https://app.example/callback',
          'post_logout_redirect_uri  https://app.example',
          'Save the secret now: it cannot be shown again.',
          '',
          'For express-openid-connect (docs/clients/express-openid-connect.md):',
          "  issuerBaseURL: 'http://localhost:3000',",
          "  baseURL: 'https://app.example',",
          "  clientID: 'app',",
          `  clientSecret: '${secret}',`,
          "  response_type: 'code',",
          '',
        ],
      ],
    );
  });

  it('prints the same as JSON', async () => {
    const command = 'client add --preset oauth4webapi --app-url https://app.example/base --id api-app';
    const added = (await workplace.json(...command.split(' '))) as Record<string, unknown>;
    assert.deepEqual(
      [added.issuer, added.redirect_uris, added.settings],
      [
        'http://localhost:3000',
        ['https://app.example/base/callback'],
        [
          "const issuer = new URL('http://localhost:3000');",
          "const client = { client_id: 'api-app' };",
          `const clientAuth = oauth.ClientSecretBasic('${String(added.client_secret)}');`,
          "const appUrl = 'https://app.example/base';",
        ],
      ],
    );
  });

  it('overrides the preset by other options', async () => {
    const command = 'client add --preset openid-client --id own --redirect-uri https://app.example/own';
    const grant = ['--grant', 'authorization_code'];
    const added = (await workplace.json(...command.split(' '), ...grant)) as Record<string, unknown>;
    assert.deepEqual(
      [added.redirect_uris, added.grant_types],
      [['https://app.example/own'], ['authorization_code']],
    );
  });

  it('adds no client for an API that verifies JWTs', async () => {
    const preset = ['client', 'add', '--preset', 'express-oauth2-jwt-bearer'];
    const settings = ["issuerBaseURL: 'http://localhost:3000',"];
    assert.deepEqual(await workplace.json(...preset), { issuer: 'http://localhost:3000', settings });
    const { code, stdout } = await workplace.run(preset);
    assert.deepEqual(
      [code, stdout.split('\n')],
      [
        0,
        [
          'added no client: express-oauth2-jwt-bearer verifies access tokens and needs none',
          '',
          'For express-oauth2-jwt-bearer (docs/clients/express-oauth2-jwt-bearer.md):',
          `  ${settings[0]}`,
          '',
        ],
      ],
    );
  });

  it('names what is missing or misspelt', async () => {
    await workplace.refuses(
      ['client', 'add', '--preset', 'auth-js'],
      2,
      /^error: --preset auth-js needs --app-url with the address of the application, or --redirect-uri\n/,
    );
    await workplace.refuses(
      ['client', 'add', '--app-url', 'https://app.example'],
      2,
      /^error: --app-url needs --preset, which knows the paths of the redirect URIs\n/,
    );
    await workplace.refuses(['client', 'add', '--preset', 'authjs'], 1, /did you mean auth-js\?/);
  });
});
