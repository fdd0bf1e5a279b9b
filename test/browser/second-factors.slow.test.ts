import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createLinks } from '../../src/accounts/links.ts';
import { appOf } from '../support/second-factor.ts';
import { detour } from './steps.ts';
import { type Scene, setStories, type StoryPerson } from './story-stage.ts';
import { CODE, type Visitor } from './story-visitor.ts';
import { addAuthenticator } from './virtual-authenticator.ts';

describe('in a browser: second factors', function () {
  this.timeout(60_000);
  const stories = setStories(() => ({ mfa: { groups: { staff: 'required' } } }));

  /** Proves the mailbox, which a password alone needs for more. */
  async function confirm(visitor: Visitor, { email }: StoryPerson): Promise<void> {
    await visitor.arrive('confirm.heading');
    await visitor.press('confirm.send');
    await visitor.sees('confirm.code');
    await detour(async () => {
      await visitor.fill('confirm.code', '1234 5678');
      await visitor.press('confirm.submit');
      await visitor.sees('confirm.wrong');
    });
    await visitor.fill('confirm.code', await visitor.readMail('confirmation', email, CODE));
    await visitor.press('confirm.submit');
  }

  /** On the page of the app: types a code of the secret that it shows. @returns the app and the recovery codes */
  async function enrolApp(visitor: Visitor) {
    await visitor.arrive('authenticator.heading');
    const codes = appOf(await visitor.page.locator('code.secret').innerText());
    await detour(async () => {
      await visitor.fill('authenticator.code', '000000');
      await visitor.press('authenticator.confirm');
      await visitor.sees('authenticator.wrong');
    });
    await visitor.fill('authenticator.code', codes.next());
    await visitor.press('authenticator.confirm');
    await visitor.arrive('recoveryCodes.headingNew');
    const recovery = await visitor.page.locator('.codes code').allInnerTexts();
    assert.equal(recovery.length, 10);
    return { codes, recovery };
  }

  async function download(visitor: Visitor, recovery: readonly string[]): Promise<void> {
    const started = visitor.page.waitForEvent('download');
    await visitor.follow('recoveryCodes.download');
    const file = await readFile(await (await started).path(), 'utf8');
    assert.deepEqual(file.trim().split('\n').slice(-10), recovery);
  }

  async function signIn(scene: Scene, person: StoryPerson): Promise<Visitor> {
    const visitor = await scene.visit();
    await visitor.goto('/account');
    await visitor.signIn(person);
    return visitor;
  }

  async function signOut(visitor: Visitor): Promise<void> {
    await visitor.press('account.overview.signOut');
    await visitor.arrive('logout.heading');
    await visitor.press('common.signOut');
    await visitor.page.waitForURL('**/logout/success');
  }

  stories.play('an authenticator app, recovery codes, and a device that is remembered', async (scene) => {
    const person = await scene.person();
    const visitor = await signIn(scene, person);
    await visitor.arrive('account.overview.heading');
    await visitor.follow('authenticator.section');
    await confirm(visitor, person);
    const { codes, recovery } = await enrolApp(visitor);
    await download(visitor, recovery);
    await visitor.follow('recoveryCodes.kept');
    await visitor.arrive('account.overview.heading');

    const other = await signIn(scene, person);
    await detour(async () => {
      await other.secondFactor('000000');
      await other.sees('secondFactor.wrongCode.title');
    });
    await other.page.locator('#remember').check();
    await other.secondFactor(codes.next());
    await other.arrive('account.overview.heading');
    await signOut(other);
    await other.goto('/account');
    await other.signIn(person);
    await other.arrive('account.overview.heading');

    // A third browser, as far as the server can tell.
    const third = visitor;
    await third.context.clearCookies();
    await third.goto('/account');
    await third.signIn(person);
    await third.arrive('secondFactor.heading');
    await third.follow('secondFactor.recovery_code.choice');
    await third.sees('secondFactor.recovery_code.lead');
    await third.fill('secondFactor.recovery_code.code', String(recovery[0]));
    await third.press('common.continue');
    await third.arrive('account.overview.heading');
    await third.follow('recoveryCodes.section');
    await third.sees('recoveryCodes.left', { count: 9 });
    await detour(async () => {
      await third.press('recoveryCodes.create');
      await third.arrive('recoveryCodes.headingNew');
      await third.goto('/account/authenticator');
      await third.press('authenticator.remove');
      await third.done('authenticator.done.removed');
    });
    await third.isTold('recoveryCodeUsed', person.email);
  });

  async function sendUrgent({ page }: Visitor): Promise<void> {
    await page.getByLabel('New message').fill('Off with their heads');
    await page.getByRole('button', { name: 'Send as urgent' }).click();
  }

  async function isSent({ page }: Visitor): Promise<void> {
    await page.getByText('/messages/urgent').waitFor();
    await page.getByText('201 Created').waitFor();
  }

  stories.play('an urgent message: the API asks for a second step (RFC 9470)', async (scene) => {
    const person = await scene.personWithApp();
    const visitor = await scene.visit();
    await visitor.goto(`${stories.app}/login`);
    await visitor.signIn(person);
    await visitor.arrive('secondFactor.heading');
    await visitor.page.locator('#remember').check();
    await visitor.secondFactor(person.codes.next());
    await visitor.allow();
    // When the sessions have ended, a remembered device skips the second step, which the API asks for.
    await visitor.context.clearCookies({ name: /session/ });
    await visitor.goto(`${stories.app}/login`);
    await visitor.signIn(person);
    await sendUrgent(visitor);
    await visitor.secondFactor(person.codes.next());
    await isSent(visitor);
  });

  stories.play(
    'an urgent message of a person without a second factor, who adds one',
    async (scene) => {
      const person = await scene.person();
      const visitor = await scene.visit();
      await visitor.goto(`${stories.app}/login`);
      await visitor.signIn(person);
      await visitor.allow();
      await sendUrgent(visitor);
      await visitor.page.getByText('Add a passkey or an authenticator app to your account').waitFor();
      await visitor.goto('/account/authenticator');
      await confirm(visitor, person);
      await enrolApp(visitor);
      await visitor.goto(stories.app);
      await sendUrgent(visitor);
      // The first factor has ended what the application had. The code that has added it is enough.
      await visitor.allow();
      await isSent(visitor);
    },
    { long: true },
  );

  stories.play(
    'a security key, added on the account pages, is the second step',
    async (scene) => {
      const person = await scene.person();
      const visitor = await signIn(scene, person);
      const stick = await addAuthenticator(visitor.page, { transport: 'usb' });
      await visitor.arrive('account.overview.heading');
      await visitor.follow('passkeys.section');
      await visitor.arrive('passkeys.list.heading');
      await visitor.follow('passkeys.list.addKey');
      await confirm(visitor, person);
      await visitor.arrive('passkeys.addKey.heading');
      await visitor.fill('passkeys.name', 'Blue stick');
      await visitor.press('passkeys.list.addKey');
      await visitor.arrive('recoveryCodes.headingNew');
      assert.equal((await stick.keys()).length, 1);
      await visitor.context.clearCookies();
      await visitor.goto('/account/passkeys');
      await visitor.signIn(person);
      await visitor.arrive('secondFactor.heading');
      await visitor.press('common.continue');
      await visitor.arrive('passkeys.list.heading');
      await visitor.page.getByRole('heading', { name: 'Blue stick' }).waitFor();
    },
    { scripts: true },
  );

  stories.play('a factor that is required, by the link of an administrator', async (scene) => {
    const person = await scene.person({ groups: ['staff'] });
    const { store } = stories.operator;
    const visitor = await signIn(scene, person);
    await visitor.arrive('secondFactor.none.heading');
    const { generation } = (await stories.operator.accounts.find(person.id)) ?? {};
    const links = createLinks({ artifacts: store.artifacts, clock: Date.now });
    const token = await links.create('enrolment', { accountId: person.id, generation }, 600);
    await visitor.goto(`/enrolment?token=${token}`);
    await visitor.arrive('enrolment.title');
    await visitor.press('common.continue');
    await visitor.signIn(person);
    await visitor.arrive('account.overview.heading');
    await visitor.goto('/account/authenticator');
    const { codes } = await enrolApp(visitor);
    await visitor.context.clearCookies();
    await visitor.goto('/account');
    await visitor.signIn(person);
    await visitor.secondFactor(codes.next());
    await visitor.arrive('account.overview.heading');
    await detour(async () => {
      await visitor.goto(`/enrolment?token=${token}`);
      await visitor.sees('enrolment.void.title');
    });
  });
});
