import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { checkAccessibility } from './accessibility.ts';
import { setStage } from './stage.ts';
import { arrive, arriveSignedIn, press, startConsent, startSelection, startSignIn } from './steps.ts';

describe('in a browser: the keyboard alone', function () {
  this.timeout(60_000);
  const stage = setStage();

  it('signs in, allows and signs out', async () => {
    const { page } = await stage.visit();
    await page.goto(stage.demo.app);
    await tabTo(page, 'link "Sign in"');
    await page.keyboard.press('Enter');
    await arrive(page, 'Sign in');
    // The browser moves the focus with the first rendering; what is typed before that is lost.
    await page.locator('#login:focus').waitFor();
    await page.keyboard.type('alice');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wonderland-tea-party');
    await page.keyboard.press('Enter');
    await arrive(page, /asks for access/);
    await tabTo(page, 'button "Allow"');
    await page.keyboard.press('Enter');
    await arriveSignedIn(page);
    await tabTo(page, 'button "Sign out"');
    await page.keyboard.press('Enter');
    await arrive(page, /Your messages/);
  });

  it('shows and hides the password, and hides it before the form is sent', async () => {
    const { page, complaints } = await stage.visit();
    await startSignIn(page, stage.demo.app);
    const password = page.getByLabel('Password', { exact: true });
    const button = page.getByRole('button', { name: 'Show password' });
    const seen = async () => [await password.getAttribute('type'), await button.getAttribute('aria-pressed')];
    await password.fill('looking-glass');
    await tabTo(page, 'button "Show password"');
    assert.deepEqual(await seen(), ['password', 'false']);
    await page.keyboard.press('Space');
    assert.deepEqual(await seen(), ['text', 'true']);
    assert.deepEqual((await checkAccessibility(page)).violations, []);
    await page.keyboard.press('Enter');
    assert.deepEqual(await seen(), ['password', 'false']);
    await page.keyboard.press('Enter');
    await page.evaluate('document.forms[0].addEventListener("submit", (event) => event.preventDefault())');
    await page.getByLabel('Username').fill('alice');
    await press(page, 'Sign in');
    assert.deepEqual(await seen(), ['password', 'false']);
    assert.deepEqual(complaints, []);
  });

  it('reaches all controls in reading order, each with a focus ring', async () => {
    const { page } = await stage.visit();
    await startSignIn(page, stage.demo.app);
    assert.deepEqual(await stops(page), [
      'textbox "Username or email address"',
      'textbox "Password"',
      'button "Show password"',
      'button "Sign in"',
      'button "Sign in with a passkey"',
      'link "Cancel"',
      'link "Forgot your password?"',
      'link "Create an account"',
    ]);
    await startConsent(page, stage.demo.app);
    assert.deepEqual(await stops(page), ['button "Allow"', 'link "Cancel"', 'link "Use another account"']);
    await press(page, 'Allow');
    await arriveSignedIn(page);
    await startSelection(page, stage.demo);
    assert.deepEqual(await stops(page), [
      'button "Continue as Alice Liddell"',
      'button "Use another account"',
      'link "Cancel"',
    ]);
    await page.goto(`${stage.demo.issuer}/logout`);
    await arrive(page, 'Sign out?');
    assert.deepEqual(await stops(page), ['button "Sign out"', 'button "Stay signed in"']);
  });
});

/** All stops of Tab, from the initial focus to the last; each must have a focus ring. */
async function stops(page: Page): Promise<string[]> {
  const found: string[] = [];
  let stop = (await focused(page)) ?? (await tab(page));
  while (stop !== undefined && !found.includes(stop)) {
    await assertFocusRing(page, stop);
    found.push(stop);
    stop = await tab(page);
  }
  return found;
}

async function tabTo(page: Page, target: string): Promise<void> {
  const passed: (string | undefined)[] = [];
  for (let stop = await tab(page); stop !== target; stop = await tab(page)) {
    passed.push(stop);
    assert.ok(passed.length < 20, `${target} is not among ${passed.join(', ')}`);
  }
  await assertFocusRing(page, target);
}

async function tab(page: Page): Promise<string | undefined> {
  await page.keyboard.press('Tab');
  return await focused(page);
}

/** Role and name of the focused element, for instance `button "Sign in"`; undefined without focus. */
async function focused(page: Page): Promise<string | undefined> {
  const element = page.locator(':focus');
  if ((await element.count()) === 0) return undefined;
  return /\w+ "[^"]*"/.exec(await element.ariaSnapshot())?.[0];
}

/** WCAG 2.2 §2.4.7, with the two pixels of §2.4.13. */
async function assertFocusRing(page: Page, stop: string): Promise<void> {
  const [style, width] = await page.evaluate<[string, string]>(
    '(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))',
  );
  assert.equal(style, 'solid', stop);
  assert.ok(Number.parseFloat(width) >= 2, `${stop}: ${width}`);
}
