import assert from 'node:assert/strict';
import { createLinks } from '../../src/accounts/links.ts';
import { createInvitations } from '../../src/accounts/sign-up/invitations.ts';
import { authorizationRequest } from '../support/flow.ts';
import { figure } from '../support/reporter.ts';
import { detour } from './steps.ts';
import { type Scene, setStories } from './story-stage.ts';
import type { Visitor } from './story-visitor.ts';
import { addAuthenticator } from './virtual-authenticator.ts';

const PASSWORD = 'a dormouse in a teapot';
const NAME = 'Queen of Hearts';
const DAY = 86_400;
const TERMS = { version: '1', url: 'https://example.com/terms', urls: {} };

/** A client whose redirect URI is the front page of the sample app. */
const CLOSED = { client_id: 'closed', client_name: 'Editors only', scope: 'openid', first_party: true };

describe('in a browser: new people', function () {
  this.timeout(60_000);
  const stories = setStories((app) => ({
    terms: TERMS,
    clients: [
      {
        ...CLOSED,
        client_secret: 'another-secret-of-more-than-32-characters',
        redirect_uris: [`${app}/`],
        allowed_groups: ['editors'],
      },
    ],
  }));
  let count = 0;
  const newAddress = () => `queen-${(count += 1)}@example.com`;

  /** From the app to the page that asks to look for a mail. */
  async function askForAccount(visitor: Visitor, address: string): Promise<void> {
    await visitor.goto(`${stories.app}/login`);
    await visitor.arrive('login.heading');
    await visitor.page.locator('#sign-up a').click();
    await visitor.arrive('signUp.heading');
    await visitor.fill('signUp.email', address);
    await visitor.press('signUp.submit');
    await visitor.arrive('signUp.sent.heading');
  }

  async function fillIn(visitor: Visitor, password: string): Promise<void> {
    await visitor.arrive('signUp.account.heading');
    await visitor.fill('signUp.account.name', NAME);
    await visitor.fill('signUp.account.password', password);
    await visitor.page.locator('#terms').check();
    await visitor.press('signUp.account.submit');
  }

  /** @returns the address of the person */
  async function invite(language: string): Promise<string> {
    const { issuer, accounts } = stories.server.config;
    const { store, mail } = stories.operator;
    const links = createLinks({ artifacts: store.artifacts, clock: Date.now });
    const invitations = createInvitations({ store, links, accounts, issuer, clock: Date.now });
    const address = newAddress();
    const wanted = { address, groups: ['editors'], isMailed: true, lifetime: DAY };
    const { invitation, url } = await invitations.add(wanted);
    const values = { at: invitation.expiresAt };
    await mail.send('invitation', { to: address, url, lifetime: DAY, language, values });
    return address;
  }

  stories.play('a sign-up from the sign-in page leads by a mail to the app', async (scene) => {
    const address = newAddress();
    const visitor = await scene.visit();
    await askForAccount(visitor, address);
    const inbox = visitor.page.waitForEvent('popup');
    await visitor.follow('signUp.sent.inbox');
    await (await inbox).getByRole('heading', { name: visitor.text('inbox.title') }).waitFor();
    await visitor.followMail('signUp', address);
    await detour(async () => {
      await fillIn(visitor, 'qwertyqwertyqwerty');
      await visitor.sees('password.common');
    });
    await fillIn(visitor, PASSWORD);
    await visitor.allow(NAME);
  });

  stories.play('terms, and their next version, are asked for at the next sign-in', async (scene) => {
    const person = await scene.person();
    const signIn = async (by: Scene): Promise<Visitor> => {
      const visitor = await by.visit();
      await visitor.goto(`${stories.app}/login`);
      await visitor.signIn(person);
      return visitor;
    };
    const first = await signIn(scene);
    await first.arrive('signUp.terms.heading');
    await first.press('signUp.terms.accept');
    await first.allow();
    // With its spare connections, for which the server would wait.
    await first.context.close();
    await stories.server.restart({ terms: { ...TERMS, version: `2-${(count += 1)}` } });
    const second = await signIn(scene);
    await second.arrive('signUp.terms.headingChanged');
    await detour(async () => {
      await second.follow('common.cancel');
      await second.page.getByRole('heading', { name: 'You cancelled' }).waitFor();
      await second.goto(`${stories.app}/login`);
      await second.signIn(person);
      await second.arrive('signUp.terms.headingChanged');
    });
    await second.press('signUp.terms.accept');
    await second.isGreeted();
    await detour(async () => (await signIn(scene)).isGreeted());
  });

  stories.play(
    'an invitation by mail: an account with a passkey in under a minute, and its groups',
    async (scene) => {
      const address = await invite(scene.setting.language);
      const visitor = await scene.visit();
      const started = performance.now();
      await visitor.followMail('invitation', address);
      const authenticator = await addAuthenticator(visitor.page, { agrees: false });
      await visitor.arrive('signUp.account.heading');
      await visitor.press('signUp.account.passkey');
      assert.deepEqual(await authenticator.keys(), [], 'the name is asked for first');
      await visitor.fill('signUp.account.name', NAME);
      await visitor.page.locator('#terms').check();
      await authenticator.agree(true);
      await visitor.press('signUp.account.passkey');
      await visitor.arrive('signUp.ready.heading');
      const made = performance.now();
      await visitor.follow('signUp.ready.signIn');
      await visitor.arrive('login.heading');
      await visitor.press('passkeys.signIn.button');
      await visitor.arrive('account.overview.heading');
      const seconds = (to: number): string => `${((to - started) / 1000).toFixed(1)} s`;
      figure(
        `invitation (${scene.setting.name}): account with a passkey after ${seconds(made)}, signed in with it after ${seconds(performance.now())}`,
      );
      assert.ok(performance.now() - started < 60_000);
      assert.equal((await authenticator.keys()).length, 1);
      const { client_id, scope } = CLOSED;
      const redirect_uri = `${stories.app}/`;
      const request = authorizationRequest(stories.issuer, { client_id, scope, redirect_uri });
      await visitor.goto(request.url.href);
      await visitor.page.waitForURL(/\?code=/);
    },
    { scripts: true },
  );

  stories.play('a sign-up whose link is opened in another browser signs nobody in there', async (scene) => {
    const address = newAddress();
    const visitor = await scene.visit();
    await askForAccount(visitor, address);
    const other = await scene.visit();
    await other.openLink('signUp', address);
    await fillIn(other, PASSWORD);
    await other.arrive('signUp.ready.heading');
    await other.sees('signUp.ready.elsewhere');
    await other.goto('/account');
    await other.arrive('login.heading');
    await detour(async () => {
      await visitor.goto(`${stories.app}/login`);
      await visitor.signIn({ username: address, password: PASSWORD });
      await visitor.allow(NAME);
    });
  });
});
