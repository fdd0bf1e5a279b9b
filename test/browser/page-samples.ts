import { globSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_API } from '../../src/config/demo.ts';
import { errorText, tooManyRequests } from '../../src/pages/error-texts.ts';
import type { ClientView, PageData } from '../../src/pages/page-data.ts';
import { describeScopes } from '../../src/pages/scope-descriptions.ts';
import { standaloneStyle } from '../../src/pages/standalone-style.ts';

/**
 * Data for each page, with a name for each picture that `preview.ts` takes. A page with files of its own has its samples in
 * `test/pages/samples/<page>.ts`, which exports `samples` of the same shape.
 */

/** Placeholder for an address on the preview server, whose port is not known yet. */
export const LOGO = '/client-logo/of-the-sample';

/** Path of a mail on the preview server. */
export const MAIL_FRAME = '/mail-of-the-sample';

export const client: ClientView = { name: 'Sample App' };
export const thirdParty: ClientView = {
  name: 'Looking-Glass Travel Expenses & Reimbursement',
  uri: 'https://expenses.example.com/',
  logo: LOGO,
  policyUri: 'https://expenses.example.com/privacy',
  tosUri: 'https://expenses.example.com/terms',
};
/** It registered itself. */
const unverified: ClientView = {
  name: 'Editor with an assistant',
  unverified: { destination: 'editor.example.com' },
};
/** Its id is the address of a document; its redirect URIs are loopback addresses. */
const document: ClientView = {
  name: 'Agent for the terminal',
  unverified: { documentHost: 'agent.example.com', onlyLoopback: true },
};
export const form = { action: '/interaction/x', csrf: 'token', cancelUrl: '/interaction/x/abort' };
const apis = [DEMO_API];
const logoutForm =
  '<form id="op.logoutForm" method="post" action="/logout/confirm"><input type="hidden" name="xsrf" value="x"/></form>';

const TRACE = '4bf92f35-77b3-4da6-a3ce-929d0e0e4736';

const error = (code: string, description: string) => ({ error: code, description, traceId: TRACE });

export type Sample = { [Name in keyof PageData]: readonly [Name, PageData[Name]] }[keyof PageData];

const SAMPLES: Readonly<Record<string, Sample>> = {
  login: ['login', { ...form, client, forgottenUrl: '/password/forgotten?interaction=x' }],
  'login-passkey': [
    'login',
    {
      ...form,
      client,
      passkey: { action: '/interaction/x/passkey', options: { challenge: 'AAAA', rpId: 'localhost' } },
    },
  ],
  'login-every-way': [
    'login',
    {
      ...form,
      client,
      passkey: { action: '/interaction/x/passkey', options: { challenge: 'AAAA', rpId: 'localhost' } },
      byMailUrl: '/interaction/x/email',
      forgottenUrl: '/password/forgotten?interaction=x',
      signUpUrl: '/interaction/x/sign_up',
    },
  ],
  'login-third-party': ['login', { ...form, client: thirdParty, loginHint: 'alice' }],
  'login-unverified': ['login', { ...form, client: unverified }],
  'login-document': ['login', { ...form, client: document }],
  'login-error': [
    'login',
    {
      ...form,
      client,
      loginHint: 'alice',
      error: { key: 'login.errors.wrong', traceId: '019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40' },
    },
  ],
  consent: [
    'consent',
    {
      ...form,
      client,
      account: { username: 'alice', name: 'Alice Liddell' },
      permissions: describeScopes(
        ['openid', 'profile', 'email', 'messages:read', 'messages:write', 'offline_access'],
        apis,
      ),
      otherAccountUrl: '/authorize?prompt=login',
    },
  ],
  'consent-third-party': [
    'consent',
    {
      ...form,
      client: thirdParty,
      destination: 'expenses.example.com',
      account: { username: 'alice' },
      permissions: describeScopes(['openid', 'address', 'payroll.approve'], apis, [DEMO_API.audience]),
    },
  ],
  'consent-device': [
    'consent',
    {
      ...form,
      client: thirdParty,
      eachTime: true,
      account: { username: 'alice' },
      permissions: describeScopes(['openid', 'email'], apis),
    },
  ],
  'consent-unverified': [
    'consent',
    {
      ...form,
      client: { ...unverified, unverified: {} },
      eachTime: true,
      account: { username: 'alice' },
      permissions: describeScopes(['openid', 'offline_access'], apis),
    },
  ],
  'consent-document': [
    'consent',
    {
      ...form,
      client: document,
      eachTime: true,
      account: { username: 'alice' },
      permissions: describeScopes(['openid', 'offline_access'], apis),
    },
  ],
  'consent-openid': [
    'consent',
    {
      ...form,
      client: thirdParty,
      destination: 'expenses.example.com',
      account: { username: 'alice' },
      permissions: [],
    },
  ],
  error: [
    'error',
    {
      ...error(
        'invalid_redirect_uri',
        "redirect_uri did not match any of the client's registered redirect_uris",
      ),
      summary: 'oops! something went wrong',
    },
  ],
  'error-development': [
    'error',
    {
      ...error(
        'invalid_redirect_uri',
        "redirect_uri did not match any of the client's registered redirect_uris",
      ),
      summary: 'oops! something went wrong',
      expected: [
        { label: 'Received redirect_uri', values: ['http://localhost:3002/calback'] },
        { label: 'Did you mean', values: ['http://localhost:3002/callback'], suggested: true },
        { label: 'Also registered', values: ['http://localhost:3002/silent'] },
      ],
    },
  ],
  'error-client-development': [
    'error',
    {
      ...error('invalid_client', 'client is invalid'),
      summary: 'oops! something went wrong',
      expected: [
        { label: 'Detail', values: ['no client has the client_id of the request'] },
        { label: 'Received client_id', values: ['demo-wbe'] },
        { label: 'Did you mean', values: ['demo-web'], suggested: true },
        { label: 'Also registered', values: ['demo-api', 'demo-machine'] },
      ],
    },
  ],
  'error-not-found': ['error', error('not_found', 'nothing is at this address')],
  'error-limited': [
    'error',
    {
      ...error('temporarily_unavailable', 'too many requests from this network'),
      words: tooManyRequests(41),
    },
  ],
  'error-headers': [
    'error',
    { ...error('invalid_request', 'more than 100 headers'), words: errorText('invalid_request', 431) },
  ],
  'error-address': [
    'error',
    {
      ...error('misdirected_request', 'this server is https://login.example.com'),
      address: 'https://login.example.com',
      style: standaloneStyle(),
    },
  ],
  'error-address-development': [
    'error',
    {
      ...error('misdirected_request', 'this server is http://localhost:3000'),
      address: 'http://localhost:3000',
      style: standaloneStyle(),
    },
  ],
  'expired-interaction': [
    'expired-interaction',
    {
      app: { name: 'Sample App', url: 'http://localhost:3002' },
      traceId: TRACE,
    },
  ],
  'over-expired': [
    'expired-interaction',
    {
      app: { name: 'Sample App', url: 'http://localhost:3002' },
      againUrl: '/authorize?client_id=demo-web',
      traceId: TRACE,
    },
  ],
  'over-finished': [
    'expired-interaction',
    {
      app: { name: 'Looking-Glass Travel Expenses & Reimbursement', url: 'https://expenses.example.com' },
      finished: true,
      againUrl: '/authorize?client_id=expenses',
      traceId: TRACE,
    },
  ],
  cookies: [
    'cookies',
    {
      app: { name: 'Sample App', url: 'http://localhost:3002' },
      host: 'login.example.com',
      traceId: TRACE,
    },
  ],
  'over-unknown': ['expired-interaction', { traceId: TRACE }],
  logout: ['logout', { form: logoutForm, clientName: 'Sample App', returns: true, keepsAccess: false }],
  'logout-keeps-access': ['logout', { form: logoutForm, returns: false, keepsAccess: true }],
  // Its frames are elsewhere.
  'signing-out': ['signing-out', { frames: [], continueUrl: 'https://shop.example.com/' }],
  'check-session': ['check-session', { script: '' }],
  'signed-out': ['signed-out', { staysSignedIn: false }],
  'signed-out-of-app': [
    'signed-out',
    { app: { name: 'Sample App', url: 'http://localhost:3002' }, staysSignedIn: true },
  ],
  // It submits itself where scripts run.
  continue: ['continue', { action: '/', fields: [], script: '', style: standaloneStyle() }],
  'too-large': ['too-large', { host: 'id.example.com', style: standaloneStyle() }],
};

/** All of them, also those of pages with files of their own. */
export async function pageSamples(): Promise<Readonly<Record<string, Sample>>> {
  const folder = join(import.meta.dirname, '../pages/samples');
  const files = globSync('*.ts', { cwd: folder });
  const modules = await Promise.all(
    files.map(async (file) => (await import(join(folder, file))) as { samples: Record<string, Sample> }),
  );
  const all = [SAMPLES, ...modules.map(({ samples }) => samples)].flatMap((samples) =>
    Object.entries(samples),
  );
  for (const [name, same] of Map.groupBy(all, ([name]) => name))
    if (same.length > 1) throw new Error(`two samples are named ${name}`);
  return Object.fromEntries(all);
}
