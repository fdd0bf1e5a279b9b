import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { SECTIONS } from '../../src/account-pages/sections.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, authorize } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { detour } from './steps.ts';
import { type Scene, setStories, type StoryPerson } from './story-stage.ts';
import type { Visitor } from './story-visitor.ts';
import { tabTo } from './tab-key.ts';

const DAY = 86_400;
const WRONG_PASSWORD = 'white-rabbit-watch';
const NEW_PASSWORD = 'caucus-race-thimble-dodo';

/** A client whose redirect URI is the front page of the sample app. */
const CLOSED = { client_id: 'closed', client_name: 'Editors only', scope: 'openid', first_party: true };

describe('in a browser: the account', function () {
  this.timeout(60_000);
  const stories = setStories((app) => ({
    clients: [
      {
        ...CLOSED,
        client_secret: 'another-secret-of-more-than-32-characters',
        redirect_uris: [`${app}/`],
        allowed_groups: ['editors'],
        contacts: ['editors@example.com'],
      },
    ],
  }));

  function requestOf(parameters: Record<string, string> = {}): string {
    const { client_id, scope } = CLOSED;
    const redirect_uri = `${stories.app}/`;
    return authorizationRequest(stories.issuer, { client_id, scope, redirect_uri, ...parameters }).url.href;
  }

  /** A browser at a page of the account. */
  async function signIn(scene: Scene, person: StoryPerson, path: string): Promise<Visitor> {
    const visitor = await scene.visit();
    await visitor.goto(path);
    await visitor.signIn(person);
    return visitor;
  }

  /** A browser in which the sample app may use the account. */
  async function signInToApp(scene: Scene, person: StoryPerson): Promise<Visitor> {
    const visitor = await signIn(scene, person, `${stories.app}/login`);
    await visitor.allow();
    return visitor;
  }

  stories.play('profile, language, activity, and back to the applications', async (scene) => {
    const person = await scene.person();
    const visitor = await signIn(scene, person, '/account');
    await visitor.arrive('account.overview.heading');
    await visitor.follow('account.profile.section');
    await visitor.arrive('account.profile.heading');
    await visitor.fill('account.claims.name', 'Alice Pleasance Liddell');
    await visitor.page.locator('#locale').selectOption(otherThan(scene.setting.language));
    await visitor.press('account.save');
    visitor.language = otherThan(scene.setting.language);
    await visitor.done('account.profile.saved');
    await detour(async () => {
      // The browser decides.
      await visitor.page.locator('#locale').selectOption('');
      await visitor.press('account.save');
      visitor.language = scene.setting.language;
      await visitor.done('account.profile.saved');
    });
    await visitor.goto('/account');
    await visitor.follow('account.activity.section');
    await visitor.arrive('account.activity.heading');
    await visitor.sees('account.events.changed');
    await visitor.follow('account.overview.section');
    await visitor.follow('account.overview.home');
    await visitor.arrive('home.headingSignedIn');
    await detour(async () => {
      await visitor.follow('account.manage');
      await visitor.press('account.overview.signOut');
      await visitor.arrive('logout.heading');
    });
  });

  /** A browser without a window, in which the sample app may use the account. */
  async function signInElsewhere(person: StoryPerson): Promise<UserAgent> {
    const agent = new UserAgent();
    const fields = { client_id: 'app', redirect_uri: `${stories.app}/callback` };
    await authorize(agent, authorizationRequest(stories.issuer, fields), person);
    return agent;
  }

  stories.play('devices: one is ended, then all others', async (scene) => {
    const person = await scene.person();
    const path = '/account/sessions';
    const others = [await signInElsewhere(person), await signInElsewhere(person)];
    const visitor = await signIn(scene, person, path);
    await visitor.arrive('account.sessions.heading');
    assert.equal(await visitor.page.getByText(visitor.text('account.sessions.current')).count(), 1);
    const buttons = visitor.page.locator('button[name="session"]');
    assert.equal(await buttons.count(), 2);
    await buttons.first().click();
    await visitor.done('account.sessions.ended');
    assert.equal(await buttons.count(), 1);
    await visitor.press('account.sessions.endOthers');
    await visitor.done('account.sessions.othersEnded');
    await visitor.sees('account.sessions.noOthers');
    for (const other of others) {
      const { status, headers } = await other.get(stories.issuer + path);
      assert.equal(status, 303);
      assert.match(headers.get('location') ?? '', /\/authorize/);
    }
    await visitor.isTold('sessionsEnded', person.email);
  });

  stories.play('a connected application: what it may do, and no longer', async (scene) => {
    const visitor = await signInToApp(scene, await scene.person());
    await visitor.goto('/account');
    await visitor.follow('account.apps.section');
    await visitor.arrive('account.apps.heading');
    await visitor.page.getByText('Write messages').waitFor();
    await visitor.page.locator('button[name="client"]').click();
    await visitor.done('account.apps.withdrawn');
    await visitor.sees('account.apps.none');
    await visitor.goto(`${stories.app}/login`);
    await visitor.allow();
  });

  stories.play(
    'a copy of the data, and the deletion: taken back, kept by the mail, then final',
    async (scene) => {
      await withClock(async (clock) => {
        const person = await scene.personWithApp();
        const visitor = await signIn(scene, person, '/account/data');
        await visitor.secondFactor(person.codes.next());
        await visitor.arrive('account.data.heading');
        await visitor.follow('account.data.export');
        await visitor.arrive('account.export.heading');
        const download = visitor.page.waitForEvent('download');
        await visitor.press('account.export.submit');
        const { account } = JSON.parse(await readFile(await (await download).path(), 'utf8'));
        assert.equal(account.username, person.username);
        const remove = async (): Promise<void> => {
          await visitor.goto('/account/delete');
          await visitor.arrive('account.delete.heading');
          await visitor.page.locator('#username').fill(person.username);
          await visitor.press('account.delete.submit');
          await visitor.done('account.delete.requested');
        };
        await remove();
        await detour(async () => {
          await visitor.goto(`${stories.app}/login`);
          await visitor.arrive('account.keep.heading');
          await visitor.follow('common.cancel');
          await visitor.page.getByRole('heading', { name: 'You cancelled' }).waitFor();
        });
        await visitor.openLink('deletionRequested', person.email);
        await visitor.arrive('account.keep.heading');
        await visitor.press('account.data.keep');
        await visitor.arrive('account.keep.kept');
        await detour(async () => {
          await visitor.goto(`${stories.app}/login`);
          await visitor.allow();
        });
        await remove();
        clock.advance(14 * DAY);
        await stories.server.running.sendJobs();
        await visitor.goto('/account');
        await visitor.signIn(person);
        await visitor.sees('login.errors.wrong.title');
        await visitor.isTold('accountRemoved', person.email);
      });
    },
  );

  stories.play('an application for certain groups says whom to ask', async (scene) => {
    const visitor = await signIn(scene, await scene.person(), requestOf());
    await visitor.arrive('access.heading', { app: CLOSED.client_name });
    const contact = visitor.page.getByRole('link', { name: 'editors@example.com' });
    assert.equal(await contact.getAttribute('href'), 'mailto:editors@example.com');
    await visitor.press('access.back');
    await visitor.page.waitForURL(/error=access_denied/);
    // Another person in the same browser.
    await visitor.goto(requestOf());
    await visitor.page.locator('.other-account a').click();
    await visitor.signIn(await scene.person({ groups: ['editors'] }));
    // The session of the other one ends by a form, which scripts send.
    if (scene.setting.options.javaScriptEnabled === false) await visitor.press('common.continue');
    await visitor.page.waitForURL(/\?code=/);
  });

  stories.play('the language of the application, until the page is of the account', async (scene) => {
    const person = await scene.person({ groups: ['editors'] });
    const visitor = await scene.visit();
    visitor.language = otherThan(scene.setting.language);
    await visitor.goto(requestOf({ ui_locales: `fr ${visitor.language}` }));
    await detour(async () => {
      await visitor.signIn({ ...person, password: WRONG_PASSWORD });
      await visitor.sees('login.errors.wrong.title');
    });
    await visitor.follow('login.forgotten');
    await visitor.arrive('recovery.forgotten.heading');
    await visitor.follow('common.cancel');
    await visitor.page.locator('#sign-up a').click();
    await visitor.arrive('signUp.heading');
    await visitor.follow('signUp.back');
    await visitor.signIn(person);
    await visitor.page.waitForURL(/\?code=/);
    visitor.language = scene.setting.language;
    await visitor.goto('/account?ui_locales=x');
    await visitor.arrive('account.overview.heading');
  });

  stories.play(
    'the keyboard alone: two steps of a sign-in, every page of the account, and a new password',
    async (scene) => {
      const person = await scene.personWithApp();
      const visitor = await scene.visit();
      const { page } = visitor;
      const { keyboard } = page;
      const follow = async (key: string): Promise<void> => {
        await tabTo(page, visitor.text(key));
        await keyboard.press('Enter');
      };
      const type = async (...texts: string[]): Promise<void> => {
        for (const [index, text] of texts.entries()) {
          if (index > 0) await keyboard.press('Tab');
          await keyboard.type(text);
        }
        await keyboard.press('Enter');
      };
      const change = async (password: string): Promise<void> => {
        await tabTo(page, visitor.text('account.password.current'));
        await keyboard.type(password);
        await tabTo(page, visitor.text('account.password.new'));
        await type(NEW_PASSWORD);
      };
      await visitor.goto('/account');
      await visitor.arrive('login.heading');
      // The browser moves the focus with the first rendering; what is typed before that is lost.
      await page.locator('#login:focus').waitFor();
      await type(person.username, person.password);
      await visitor.arrive('secondFactor.heading');
      await page.locator('#code:focus').waitFor();
      await type(person.codes.next());
      await visitor.arrive('account.overview.heading');
      for (const { path, title } of SECTIONS.slice(1)) {
        await follow(title.key);
        await page.waitForURL(stories.issuer + path);
        await visitor.inspect();
      }
      await follow('account.password.section');
      await visitor.arrive('account.password.heading');
      await detour(async () => {
        await change(WRONG_PASSWORD);
        await visitor.sees('account.password.wrong');
      });
      await change(person.password);
      await visitor.done('account.password.changed');
      await follow('account.overview.section');
      await visitor.arrive('account.overview.heading');
      await follow('account.overview.signOut');
      await visitor.arrive('logout.heading');
    },
    { wide: true },
  );
});

const otherThan = (language: string): string => (language === 'de' ? 'en' : 'de');
