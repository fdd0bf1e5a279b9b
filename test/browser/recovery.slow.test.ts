import assert from 'node:assert/strict';
import { withClock } from '../support/clock.ts';
import { detour } from './steps.ts';
import { setStories } from './story-stage.ts';
import { CODE, LINK, type Visitor } from './story-visitor.ts';

const NEW_PASSWORD = 'caucus-race-thimble-dodo';
const COMMON_PASSWORD = 'qwertyqwertyqwerty';
const HOUR = 3600;

describe('in a browser: recovery', function () {
  this.timeout(60_000);
  const stories = setStories(() => ({ emailSignIn: 'link' }));

  /** From the app to the sign-in page. */
  async function begin(visitor: Visitor): Promise<void> {
    await visitor.goto(`${stories.app}/login`);
    await visitor.arrive('login.heading');
  }

  stories.play('a forgotten password: a mail, a new one, and the second factor as before', async (scene) => {
    const person = await scene.personWithApp();
    const elsewhere = await scene.visit();
    await detour(async () => {
      await elsewhere.goto('/account');
      await elsewhere.signIn(person);
      await elsewhere.secondFactor(person.codes.next());
      await elsewhere.arrive('account.overview.heading');
    });
    const visitor = await scene.visit();
    await begin(visitor);
    await visitor.follow('login.forgotten');
    await visitor.arrive('recovery.forgotten.heading');
    await visitor.fill('recovery.forgotten.name', person.username);
    await visitor.press('recovery.forgotten.submit');
    await visitor.arrive('recovery.forgotten.sentHeading');
    await visitor.openLink('passwordReset', person.email);
    await visitor.arrive('recovery.reset.heading');
    const link = visitor.page.url();
    await detour(async () => {
      await visitor.fill('recovery.newPassword', COMMON_PASSWORD);
      await visitor.press('recovery.reset.submit');
      await visitor.sees('password.common');
    });
    await visitor.fill('recovery.newPassword', NEW_PASSWORD);
    await visitor.press('recovery.reset.submit');
    await visitor.arrive('recovery.reset.doneHeading');
    await detour(async () => {
      await elsewhere.page.reload();
      await elsewhere.arrive('login.heading');
    });
    await visitor.follow('recovery.forgotten.back');
    await visitor.signIn({ ...person, password: NEW_PASSWORD });
    await visitor.secondFactor(person.codes.next());
    await visitor.allow();
    await detour(async () => {
      await elsewhere.goto(link);
      await elsewhere.arrive('recovery.reset.voidHeading');
    });
    await elsewhere.isTold('passwordChanged', person.email);
  });

  stories.play('another address: both are told, and the former one takes the account back', async (scene) => {
    await withClock(async (clock) => {
      const person = await scene.person();
      const next = `next-${person.email}`;
      const thief = await scene.visit();
      await thief.goto('/account/email');
      await thief.signIn(person);
      await thief.arrive('confirm.heading');
      await thief.press('confirm.send');
      await thief.sees('confirm.code');
      await thief.fill('confirm.code', await thief.readMail('confirmation', person.email, CODE));
      await thief.press('confirm.submit');
      await thief.arrive('email.heading');
      await thief.fill('email.next', next);
      await thief.press('email.submit');
      await thief.done('email.sent');
      await thief.openLink('emailChange', next);
      await thief.arrive('recovery.verify.heading');
      await thief.press('recovery.verify.submit');
      await thief.arrive('recovery.verify.doneHeading');
      await detour(async () => {
        await thief.follow('mail.openAccount');
        await thief.arrive('account.overview.heading');
      });
      await thief.isTold('emailConfirmed', next);

      const owner = await scene.visit();
      await owner.openLink('emailChanged', person.email);
      await owner.arrive('recovery.undo.heading');
      await owner.press('recovery.undo.submit');
      await owner.arrive('recovery.undo.doneHeading');
      await thief.goto('/account');
      await thief.arrive('login.heading');
      await detour(async () => {
        await thief.signIn(person);
        await thief.sees('login.errors.wrong.title');
      });
      // When all links of the account have ended.
      clock.advance(10);
      await owner.openLink('passwordResetAfterUndo', person.email);
      await owner.arrive('recovery.reset.heading');
      await owner.fill('recovery.newPassword', NEW_PASSWORD);
      await owner.press('recovery.reset.submit');
      await owner.arrive('recovery.reset.doneHeading');
      await owner.goto('/account/profile');
      await owner.signIn({ ...person, password: NEW_PASSWORD });
      await owner.arrive('account.profile.heading');
      await owner.page.getByText(person.email, { exact: true }).waitFor();
    });
  });

  stories.play('a lost factor: cancelled, then asked for again and removed after a day', async (scene) => {
    await withClock(async (clock) => {
      const person = await scene.personWithApp();
      const visitor = await scene.visit();
      const ask = async (): Promise<void> => {
        await begin(visitor);
        await visitor.signIn(person);
        await visitor.arrive('secondFactor.heading');
        await visitor.follow('secondFactor.lost');
        await visitor.arrive('recovery.ask.heading');
        await visitor.press('recovery.ask.submit');
        await visitor.sees('recovery.ask.requestedHint');
        await visitor.openLink('recovery', person.email);
        await visitor.arrive('recovery.lost.waitHeading');
      };
      await detour(async () => {
        await ask();
        await visitor.press('recovery.lost.cancelSubmit');
        await visitor.arrive('recovery.lost.cancelledHeading');
        clock.advance(60);
      });
      await ask();
      clock.advance(24 * HOUR);
      await visitor.page.reload();
      await visitor.arrive('recovery.lost.heading');
      await detour(async () => {
        await visitor.fill('recovery.currentPassword', NEW_PASSWORD);
        await visitor.press('recovery.lost.submit');
        await visitor.sees('recovery.lost.wrong');
      });
      await visitor.fill('recovery.currentPassword', person.password);
      await visitor.press('recovery.lost.submit');
      await visitor.arrive('recovery.lost.doneHeading');
      await begin(visitor);
      await visitor.signIn(person);
      await visitor.allow();
      await visitor.isTold('factorsRemoved', person.email);
    });
  });

  stories.play('a sign-in by a link that was mailed, of use in the browser that asked', async (scene) => {
    const person = await scene.person();
    const visitor = await scene.visit();
    const ask = async (by: Visitor): Promise<string> => {
      await begin(by);
      await by.follow('login.byMail');
      await by.arrive('emailSignIn.heading');
      await by.fill('login.name', person.username);
      await by.press('emailSignIn.send');
      await by.arrive('emailSignIn.sentHeading');
      return await by.readMail('emailSignIn', person.email, LINK);
    };
    const link = await ask(visitor);
    // In another browser the link shows a code, and signs nobody in.
    const other = await scene.visit();
    await other.goto(link);
    await other.arrive('emailSignIn.elsewhereHeading');
    const code = await other.page.locator('#code').innerText();
    await detour(async () => {
      await other.goto('/account');
      await other.arrive('login.heading');
      // It has asked for a mail of its own, and the code is not for it.
      await ask(other);
      await other.fill('emailSignIn.code', code);
      await other.press('emailSignIn.submit');
      await other.sees('emailSignIn.wrong.title');
    });
    await visitor.goto(link);
    await visitor.sees('emailSignIn.filledIn');
    await visitor.press('emailSignIn.submit');
    await visitor.allow();
    await detour(async () => {
      // The code that another browser shows, in the one that has asked.
      await other.context.clearCookies();
      await visitor.goto(await ask(other));
      await visitor.arrive('emailSignIn.elsewhereHeading');
      await other.fill('emailSignIn.code', await visitor.page.locator('#code').innerText());
      await other.press('emailSignIn.submit');
      await other.isGreeted();
    });
  });

  stories.play('a sign-in by a code that was mailed', async (scene) => {
    await stories.server.restart({ emailSignIn: 'code' });
    const person = await scene.person();
    const visitor = await scene.visit();
    await visitor.goto('/account');
    await visitor.arrive('login.heading');
    await visitor.follow('login.byMail');
    await visitor.arrive('emailSignIn.heading');
    await visitor.fill('login.name', person.email);
    await visitor.press('emailSignIn.send');
    await visitor.arrive('emailSignIn.sentHeading');
    await visitor.fill('emailSignIn.code', await visitor.readMail('emailSignIn', person.email, CODE));
    await visitor.press('emailSignIn.submit');
    await visitor.arrive('account.overview.heading');
    // The weakest sign-in changes nothing of the account: the password is asked for.
    await visitor.goto('/account/password');
    await visitor.arrive('login.heading');
    await detour(async () => {
      await visitor.signIn(person);
      await visitor.arrive('account.password.heading');
      assert.equal(await visitor.page.getByLabel(visitor.text('account.password.current')).count(), 1);
    });
  });
});
