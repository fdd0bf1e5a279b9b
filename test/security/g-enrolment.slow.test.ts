import { randomUUID } from 'node:crypto';
import { createLinks } from '../../src/accounts/links.ts';
import { createInvitations } from '../../src/accounts/sign-up/invitations.ts';
import { openPage, submit } from '../support/agent-pages.ts';
import { pageOf, walk } from '../support/sign-in-walk.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'curiouser-and-curiouser';

/** Where a second factor is required, a password alone enrols none. */
describe('G: the link to enrol a first factor', () => {
  const stage = useStage({ mfa: { mode: 'required' } });
  let number = 0;

  async function addPerson() {
    number += 1;
    const username = `newcomer-${number}`;
    const account = await stage.operator.accounts.add({ username, password: PASSWORD });
    return { ...account, password: PASSWORD };
  }

  const at = (path: string) => new URL(path, stage.issuer);

  async function linkFor({ id, generation }: { id: string; generation: number }): Promise<URL> {
    const links = createLinks({ artifacts: stage.store.artifacts, clock: Date.now });
    const token = await links.create('enrolment', { accountId: id, generation }, 3600);
    return at(`/enrolment?token=${token}`);
  }

  async function useLink(agent: UserAgent, link: URL): Promise<Response> {
    const html = await (await agent.get(link)).text();
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '';
    return await agent.post(at('/enrolment'), {
      csrf: field('csrf'),
      token: link.searchParams.get('token') ?? '',
    });
  }

  /** The page that the password leads to. */
  async function reach(
    agent: UserAgent,
    person: { username: string; password: string },
    path: string,
  ): Promise<string> {
    const { response, url } = await agent.follow(at(path));
    const html = await response.text();
    if (pageOf(html) !== 'login') return pageOf(html);
    const last = await agent.submit({ url, html }, { login: person.username, password: person.password });
    return pageOf(await last.response.text());
  }

  row('G39', 'a stolen password, at an application and at the account', 'no-second-factor each', async () => {
    const person = await addPerson();
    const pages = new Set(
      await Promise.all(
        ['/account', '/account/authenticator'].map((path) => reach(new UserAgent(), person, path)),
      ),
    );
    pages.add((await walk(stage.issuer, person)).pages.at(-1) ?? '');
    return `${[...pages].join()} each`;
  });

  row(
    'G39',
    'the link and the password',
    'account, authenticator, account-passkey-add; an application: no-second-factor',
    async () => {
      const person = await addPerson();
      const agent = new UserAgent();
      await useLink(agent, await linkFor(person));
      const own = [
        await reach(agent, person, '/account'),
        await reach(agent, person, '/account/authenticator'),
        await reach(agent, person, '/account/passkeys/add'),
      ];
      const { pages } = await walk(stage.issuer, person, { agent });
      return `${own.join(', ')}; an application: ${pages.at(-1)}`;
    },
  );

  row('G39', 'the link opened by a mail scanner, and used twice', '200 200 303 404 404', async () => {
    const link = await linkFor(await addPerson());
    const [scanner, agent] = [new UserAgent(), new UserAgent()];
    const answers = [
      await scanner.get(link),
      await scanner.get(link),
      await useLink(agent, link),
      await agent.get(link),
      await scanner.post(at('/enrolment'), { token: link.searchParams.get('token') ?? '' }),
    ];
    return answers.map(({ status }) => (status === 403 ? 404 : status)).join(' ');
  });

  row(
    'G39',
    'the password after somebody else has used the link; of another account; an hour later; a new password',
    'no-second-factor each',
    async () => {
      const pages: string[] = [];
      const person = await addPerson();
      const agent = new UserAgent();
      await useLink(agent, await linkFor(person));
      pages.push(await reach(new UserAgent(), person, '/account'));
      pages.push(await reach(agent, await addPerson(), '/account'));
      const later = new UserAgent();
      const link = await linkFor(person);
      await useLink(later, link);
      await stage.operator.accounts.setPassword(person.id, 'another-rabbit-hole');
      pages.push(await reach(later, { ...person, password: 'another-rabbit-hole' }, '/account'));
      const second = await addPerson();
      const slow = new UserAgent();
      await useLink(slow, await linkFor(second));
      await stage.advance(3601);
      pages.push(await reach(slow, second, '/account'));
      return `${[...new Set(pages)].join()} each`;
    },
  );

  row(
    'M50',
    'a password that was stolen within the hour of a sign-up, of an invitation and of a removed factor; and in the browser of the link',
    'no-second-factor each; leads to the account, account each',
    async () => {
      const [thief, own] = [new Set<string>(), new Set<string>()];
      const links = createLinks({ artifacts: stage.store.artifacts, clock: Date.now });
      const waiting = { uid: 'x'.repeat(43), clientId: 'demo-web' };
      const content = { address: 'm50a@example.com', newAccountId: randomUUID(), waiting };
      const { store, issuer } = stage;
      const accounts = { uniqueEmail: false };
      const invited = { address: 'm50b@example.com', groups: [], isMailed: true, lifetime: 60 };
      const all = createInvitations({ store, links, accounts, issuer, clock: Date.now });
      const lost = await addPerson();
      const recovery = { id: 'm50', generation: lost.generation, requestedAt: 0, readyAt: 1 };
      await store.accounts.update(lost.id, ({ details }) => ({ details: { ...details, recovery } }));
      const lostLink = { accountId: lost.id, generation: lost.generation, recovery: 'm50' };
      for (const [username, link] of [
        [content.address, at(`/sign-up/verify?token=${await links.create('sign-up', content, 60)}`)],
        [invited.address, new URL((await all.add(invited)).url)],
        [lost.username, at(`/account/recovery?token=${await links.create('recovery', lostLink, 60)}`)],
      ] as const) {
        const agent = new UserAgent();
        const done = await submit(agent, await openPage(agent, link), { name: 'Dinah', password: PASSWORD });
        own.add(done.html.includes('href="/account"') ? 'leads to the account' : done.html);
        const person = { username, password: PASSWORD };
        thief.add(await reach(new UserAgent(), person, '/account'));
        own.add(await reach(agent, person, '/account'));
      }
      return `${[...thief].join()} each; ${[...own].join(', ')} each`;
    },
  );

  row(
    'G39',
    'the token of the permit as a link, and that of the link as a permit',
    '404, no-second-factor',
    async () => {
      const person = await addPerson();
      const agent = new UserAgent();
      await useLink(agent, await linkFor(person));
      const permit = agent.cookie('signet_enrolment')?.value ?? '';
      const asLink = await agent.get(at(`/enrolment?token=${permit}`));
      const link = await linkFor(person);
      const other = new UserAgent();
      other.setCookie(`signet_enrolment=${link.searchParams.get('token')}; path=/`, stage.issuer);
      return `${asLink.status}, ${await reach(other, person, '/account')}`;
    },
  );
});
