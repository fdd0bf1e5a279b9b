import { createLinks, type LinkContent, type LinkPurpose } from '../../src/accounts/links.ts';
import { createInvitations } from '../../src/accounts/sign-up/invitations.ts';
import type { AccountDetails } from '../../src/store/store.ts';
import { openPage, submit } from '../support/agent-pages.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { WITH_MAIL } from './support/mail-box.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'wonderland-tea-party';
const LATER = 4_000_000_000;
const FIELDS = { name: 'Dinah', password: 'a walrus and a carpenter talked' };

/** Every page that takes the token of a link. The link of a sign-in by mail changes nothing, and leads to a code. */
const PAGES = {
  'password reset': '/password/reset',
  'sign-up': '/sign-up/verify',
  invitation: '/invitation',
  'email change': '/account/email/verify',
  'email change undo': '/account/email/undo',
  recovery: '/account/recovery',
  enrolment: '/enrolment',
  'deletion cancel': '/account/keep',
} as const satisfies Partial<Record<LinkPurpose, string>>;
type Purpose = keyof typeof PAGES;
const PURPOSES = Object.keys(PAGES) as Purpose[];

describe('M: the links of people, whatever they are for', () => {
  const stage = useStage({ ...WITH_MAIL, signUp: 'open', limits: { enabled: false } });
  let count = 0;

  /** A link for an account of its own, and a browser in which its person has signed in. */
  async function linkFor(purpose: Purpose): Promise<{ agent: UserAgent; link: URL; token: string }> {
    const agent = new UserAgent();
    const { store, issuer, operator } = stage;
    const links = createLinks({ artifacts: store.artifacts, clock: Date.now });
    const name = `m53-${(count += 1)}`;
    const email = `${name}@example.com`;
    if (purpose === 'invitation') {
      const all = createInvitations({
        store,
        links,
        accounts: { uniqueEmail: false },
        issuer,
        clock: Date.now,
      });
      const { url } = await all.add({ address: email, groups: [], isMailed: true, lifetime: 60 });
      return { agent, link: new URL(url), token: new URL(url).searchParams.get('token') ?? '' };
    }
    const claims = { email, email_verified: true };
    const added = { username: name, password: PASSWORD, skipPasswordRules: true, claims };
    const { id: accountId, generation } = await operator.accounts.add(added);
    const details: AccountDetails = {
      emailChanges: [{ id: 'c', at: 1, until: LATER, email, username: name, factors: undefined }],
      recovery: { id: 'r', generation, requestedAt: 1, readyAt: LATER },
      deletion: { requestedAt: 1, at: LATER },
    };
    const [kept] = {
      'email change undo': ['emailChanges'],
      recovery: ['recovery'],
      'deletion cancel': ['deletion'],
    }[purpose as string] ?? [''];
    await store.accounts.update(accountId, () => ({
      details: Object.fromEntries(Object.entries(details).filter(([member]) => member === kept)),
    }));
    const ofAccount = { accountId, generation };
    const contents: Record<Exclude<Purpose, 'invitation'>, LinkContent> = {
      'password reset': ofAccount,
      'sign-up': {
        address: `new-${email}`,
        newAccountId: crypto.randomUUID(),
        waiting: { uid: 'x'.repeat(43), clientId: 'demo-web' },
      },
      'email change': { ...ofAccount, from: email, to: `new-${email}` },
      'email change undo': { account: accountId, change: 'c' },
      recovery: { ...ofAccount, recovery: 'r' },
      enrolment: ofAccount,
      'deletion cancel': { account: accountId, requestedAt: 1 },
    };
    const token = await links.create(purpose, contents[purpose], 600);
    if (purpose === 'email change')
      await submit(agent, await openPage(agent, `${issuer}/account`), { login: name, password: PASSWORD });
    return { agent, link: new URL(`${issuer}${PAGES[purpose]}?token=${token}`), token };
  }

  for (const purpose of PURPOSES) {
    row(
      'M53',
      `${purpose}: opened three times and asked for by HEAD; its form five times at once, and then; the token at rest`,
      'a form, nothing written; 1 of 5; no form; not stored',
      async () => {
        const { agent, link, token } = await linkFor(purpose);
        const before = await stage.records();
        for (let times = 0; times < 3; times += 1) await openPage(new UserAgent(), link);
        await agent.follow(link);
        await fetch(link, { method: 'HEAD', redirect: 'manual' });
        // Of the sign-in to which a stranger is led.
        const written = (await stage.recordsSince(before)).filter((record) => !record.startsWith('artifact'));
        const page = await openPage(agent, link);
        const { action, fields } = formOf(page.html);
        const post = () => agent.post(new URL(action, page.url), { ...fields, ...FIELDS });
        const statuses = (await Promise.all(Array.from({ length: 5 }, post))).map(({ status }) => status);
        const used = statuses.filter((status) => status < 400).length;
        const hasForm = async () => formOf((await openPage(agent, link)).html).fields.token !== undefined;
        const isStored = stage.server.stored().includes(token);
        return `${fields.token === undefined ? 'no form' : 'a form'}, ${written.length === 0 ? 'nothing' : written.join()} written; ${used} of 5; ${(await hasForm()) ? 'a form' : 'no form'}; ${isStored ? 'stored' : 'not stored'}`;
      },
    );
  }

  row('M54', 'each token at the pages of all others', '56 × no form', async () => {
    let refused = 0;
    for (const purpose of PURPOSES) {
      const { agent, token } = await linkFor(purpose);
      for (const other of PURPOSES) {
        if (other === purpose) continue;
        const { html } = await openPage(agent, `${stage.issuer}${PAGES[other]}?token=${token}`);
        if (formOf(html).fields.token === undefined) refused += 1;
      }
    }
    return `${refused} × no form`;
  });

  row(
    'M55',
    'each form without its token, with that of another link, from another site; each page in a frame',
    '32 × 403; 8 × refused',
    async () => {
      let [forged, framed] = [0, 0];
      for (const purpose of PURPOSES) {
        const { agent, link } = await linkFor(purpose);
        const page = await openPage(agent, link);
        const { action, fields } = formOf(page.html);
        const other = await linkFor(purpose === 'enrolment' ? 'recovery' : 'enrolment');
        const { csrf: csrfOfOther = '' } = formOf((await openPage(other.agent, other.link)).html).fields;
        const all: Record<string, string> = { ...fields, ...FIELDS };
        const { csrf: _csrf, ...withoutToken } = all;
        for (const [body, headers] of [
          [withoutToken, {}],
          [{ ...withoutToken, csrf: csrfOfOther }, {}],
          [all, { 'Sec-Fetch-Site': 'cross-site' }],
          [all, { Origin: 'https://evil.example' }],
        ] as const) {
          const { status } = await agent.post(new URL(action, page.url), body, headers);
          if (status === 403) forged += 1;
        }
        const { headers } = await agent.get(page.url);
        const policy = headers.get('content-security-policy') ?? '';
        if (policy.includes("frame-ancestors 'none'") && headers.get('x-frame-options') === 'DENY')
          framed += 1;
      }
      return `${forged} × 403; ${framed} × refused`;
    },
  );
});
