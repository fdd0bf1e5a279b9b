import assert from 'node:assert/strict';
import type { ExampleApi, InteropClient } from '../client.ts';
import { answerOf } from './api.ts';
import { openJson, textOf } from './json-app.ts';
import { springBoot, startSpringBoot } from './maven.ts';
import { asksForPassword } from './person.ts';
import { MARIA } from './signet.ts';

/** The two clients of each version of Spring Boot: sign-in, and an API. */

const SOURCES = 'src/main/java/com/example/app';
const BUILD = [
  { path: 'pom.xml', about: 'The dependencies.' },
  { path: `${SOURCES}/Application.java`, about: 'The rest of an application.', hidden: true },
] as const;

/** Not `ORDERS_API`, whose tokens have the `typ` that Spring Boot refuses. */
const SHIPMENTS_API = {
  audience: 'https://shipments.example.com',
  name: 'Shipments',
  scopes: { 'shipments:read': 'See your shipments', 'shipments:write': 'Send shipments for you' },
  accessTokenType: 'JWT',
} as const satisfies ExampleApi;

export interface SpringBoot {
  /** Its folder, its preset and its page. */
  name: string;
  /** `Spring Boot 4` */
  version: string;
  /** What an API of this version says to the default `typ` of access tokens. */
  typeRefusal: string;
}

export function springBootLogin({ name, version }: Omit<SpringBoot, 'typeRefusal'>): InteropClient {
  return {
    name,
    title: `${version}, sign-in`,
    about: '`oauth2Login` of Spring Security: the application signs people in.',
    documentation: 'https://docs.spring.io/spring-security/reference/servlet/oauth2/login/core.html',
    toolchain: springBoot(name),
    files: [
      {
        path: 'src/main/resources/application.yml',
        about: '`signet` is the registration id, of which the redirect URI is made.',
      },
      {
        path: `${SOURCES}/SecurityConfig.java`,
        about: 'Optional. The sign-out ends the session at Signet as well.',
      },
      { path: `${SOURCES}/HomeController.java`, about: '`OidcUser` has the claims.' },
      ...BUILD,
    ],
    problems: [
      {
        says: 'Signet shows that the redirect URI is not registered',
        cause:
          'Behind a reverse proxy, Spring Boot makes `{baseUrl}` of the address that it sees itself; or the registration id is not `signet`.',
        fix: 'Set `server.forward-headers-strategy: framework`; register the redirect URI that the page shows.',
      },
      {
        says: '`The Issuer "…" provided in the configuration metadata did not match the requested issuer "…"` at the start',
        cause: '`issuer-uri` differs from the issuer, often by a slash at its end.',
        fix: 'Use the issuer exactly as `signet.yaml` has it.',
      },
      {
        says: '`Invalid credentials` on a page of the application',
        cause:
          'Signet refused the request, and its log says why; or the log of the application has `[authorization_request_not_found]`: the answer belongs to another session, as with a repeated page or servers that do not share sessions.',
        fix: 'Set `logging.level.org.springframework.security: trace` in the application to see the error.',
      },
    ],
    async run(stage) {
      const person = stage.person();
      // As browsers do: Spring has JSON for the last one alone.
      person.agent.headers.Accept = 'text/html,*/*;q=0.8';
      const signInUrl = `${stage.appUrl}/oauth2/authorization/signet`;
      await stage.step('starts, with discovery', () =>
        startSpringBoot(stage, ['--logging.level.org.springframework.security=trace']),
      );
      await stage.step('refuses the answer to another sign-in', async () => {
        const callback = `${stage.appUrl}/login/oauth2/code/signet?code=x&state=y`;
        const { url, text } = await stage.person().visit(callback);
        assert.deepEqual(
          [url.pathname + url.search, textOf(text).includes('Invalid credentials')],
          ['/login?error', true],
        );
        await stage.logs(/\[authorization_request_not_found\]/);
      });
      await stage.step('signs a person in, with the claims of the ID token', async () => {
        await person.visit(signInUrl);
        const { claimsOfIdToken, claimsOfUserinfo, ...user } = await openJson(person, `${stage.appUrl}/me`);
        const { name, email } = MARIA;
        assert.deepEqual(user, { issuer: stage.issuer, subject: stage.sub, name, email });
        assert.ok(Array.isArray(claimsOfIdToken));
        assert.deepEqual(
          ['name', 'email', 'preferred_username'].filter((claim) => !claimsOfIdToken.includes(claim)),
          [],
        );
        assert.equal((claimsOfUserinfo as { name?: string }).name, name);
      });
      await stage.step('signs the person out at Signet too', async () => {
        const page = await person.submit(await person.visit(`${stage.appUrl}/logout`));
        assert.deepEqual([page.url.href, page.text], [`${stage.appUrl}/`, 'home']);
        assert.equal(await asksForPassword(person, signInUrl), true);
      });
    },
  };
}

export function springBootApi({ name, version, typeRefusal }: SpringBoot): InteropClient {
  const refusal = `An error occurred while attempting to decode the Jwt: ${typeRefusal}`;
  return {
    name,
    title: `${version}, resource server`,
    about: 'An API that verifies access tokens with the public keys of the issuer.',
    documentation: 'https://docs.spring.io/spring-security/reference/servlet/oauth2/resource-server/jwt.html',
    toolchain: springBoot(name),
    files: [
      { path: 'src/main/resources/application.yml', about: '`audiences` is the audience of the API.' },
      {
        path: `${SOURCES}/SecurityConfig.java`,
        about:
          'Optional: each scope is an authority with the prefix `SCOPE_`. Without it every valid token is accepted.',
      },
      { path: `${SOURCES}/ShipmentController.java`, about: '`Jwt` has the claims.' },
      ...BUILD,
    ],
    apis: [SHIPMENTS_API],
    apiSetting: { member: 'accessTokenType', refusal },
    problems: [
      {
        says: `401 \`${refusal}\``,
        cause: 'The API has not `accessTokenType: JWT` in `signet.yaml`.',
        fix: 'Set it, and request a new token.',
      },
      {
        says: '401 `The aud claim is not valid`',
        cause: 'The token is for another API.',
        fix: 'Request a scope of the API, or `resource` with its audience.',
      },
      {
        says: '401 `Malformed token`',
        cause: 'The access token is opaque, because the request named no API.',
        fix: 'Request a scope of the API, or `resource` with its audience.',
      },
      {
        says: '403 `insufficient_scope`',
        cause: 'The token has not the scope of the authority.',
        fix: 'Request the scope, and register the client for it.',
      },
    ],
    async run(stage) {
      const api = `${stage.appUrl}/shipments`;
      const refused = async (token: string): Promise<unknown[]> => await refusalOf(api, token);
      await stage.step('starts', () => startSpringBoot(stage));
      await stage.step('accepts an access token of a machine', async () => {
        const token = await stage.machineToken({ scope: 'shipments:read' });
        assert.deepEqual(await answerOf(api, token), [
          200,
          { subject: 'nightly-job', scope: 'shipments:read' },
        ]);
      });
      await stage.step('accepts an access token of a person', async () => {
        const token = await stage.personToken('openid shipments:read');
        assert.deepEqual(await answerOf(api, token), [
          200,
          { subject: stage.sub, scope: 'openid shipments:read' },
        ]);
      });
      await stage.step('refuses a token of an API without `accessTokenType: JWT`', async () => {
        const token = await stage.machineToken({ scope: 'orders:read' });
        assert.deepEqual(await refused(token), [401, 'invalid_token', refusal]);
      });
      await stage.step('refuses a token without the scope', async () => {
        const token = await stage.machineToken({ scope: 'shipments:write' });
        const description = 'The request requires higher privileges than provided by the access token.';
        assert.deepEqual(await refused(token), [403, 'insufficient_scope', description]);
      });
      await stage.step('refuses an ID token', async () => {
        const token = await stage.personIdToken();
        const description =
          'An error occurred while attempting to decode the Jwt: The aud claim is not valid';
        assert.deepEqual(await refused(token), [401, 'invalid_token', description]);
      });
      await stage.step('refuses a token that is no JWT', async () => {
        const description = 'An error occurred while attempting to decode the Jwt: Malformed token';
        assert.deepEqual(await refused('opaque'), [401, 'invalid_token', description]);
      });
      await stage.step('refuses a request without a token', async () => {
        assert.equal((await answerOf(api))[0], 401);
      });
    },
  };
}

async function refusalOf(url: string, token: string): Promise<unknown[]> {
  const { status, headers } = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
  const challenge = headers.get('www-authenticate') ?? '';
  const parameter = (name: string): string | undefined =>
    new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
  return [status, parameter('error'), parameter('error_description')];
}
