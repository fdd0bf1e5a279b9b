import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { findOrInstall, INSTALL_TIMEOUT, isExecutable } from './find-or-install.ts';
import { skip } from './skip.ts';

/** The browser of the browser tests: the distribution's Chromium, driven by playwright-core. */

/** Chromium without its windows: the same engine for less processor time. Debian has it, Ubuntu does not. */
const SHELL = 'chromium-headless-shell';
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];

const HINT = 'apt-get install chromium, or name an executable in TEST_CHROMIUM';

/**
 * The last `--disable-features` replaces all others, so this repeats the list of playwright-core. The first two would open two pages of
 * the browser's own for the address bar of each window, at half the processor time of a test.
 */
const DISABLED_FEATURES = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  // A process for a page that no test opens.
  'SpareRendererForSitePerProcess',
  'ThirdPartyStoragePartitioning',
];

/** Root in a container has no sandbox; the other flags switch off the browser's own network traffic. */
const ARGUMENTS = [
  `--disable-features=${DISABLED_FEATURES.join()}`,
  '--no-sandbox',
  '--disable-gpu',
  // A process for graphics of its own takes a sixth of the time of a page here.
  '--in-process-gpu',
  '--disable-software-rasterizer',
  // A page that leaves the group of the page before it (Cross-Origin-Opener-Policy) needs no new process of its site for that.
  '--renderer-process-limit=1',
  // Most of the driver's script in each page is never called.
  '--js-flags=--max-lazy',
  '--disable-breakpad',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Milliseconds for finding the browser, for the timeout of a hook. */
const FIND_TIMEOUT = 2 * INSTALL_TIMEOUT + 30_000;

let foundShell: Promise<string | undefined> | undefined;
let foundBrowser: Promise<string | undefined> | undefined;

/**
 * Path of a Chromium: `TEST_CHROMIUM`, else from PATH, the shell first, else installed where that is possible.
 * Looked for once in a process.
 * @throws when `TEST_CHROMIUM` names nothing that can be run
 */
async function findChromium(): Promise<string | undefined> {
  const named = findNamed();
  if (named !== undefined) return named;
  foundShell ??= findOrInstall([SHELL, ...BROWSERS], SHELL);
  return (await foundShell) ?? (await findBrowser());
}

/** Like `findChromium`, but never the shell, which has no settings. */
async function findBrowser(): Promise<string | undefined> {
  return findNamed() ?? (await (foundBrowser ??= findOrInstall(BROWSERS, 'chromium')));
}

function findNamed(): string | undefined {
  const named = process.env.TEST_CHROMIUM;
  if (named === undefined || named === '') return undefined;
  if (isExecutable(named)) return named;
  throw new Error(`TEST_CHROMIUM: ${named} is not an executable file`);
}

/**
 * Starts a headless Chromium; the caller closes it.
 * @throws when there is none
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error(`Chromium is missing: ${HINT}`);
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

let shared: Promise<Browser> | undefined;

/** One browser for the suites of a process, which run one after the other: its `close` closes what a suite has opened in it. */
async function shareChromium(): Promise<Browser> {
  const browser = await (shared ??= launchChromium());
  const close = async (): Promise<void> => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  };
  return new Proxy(browser, {
    get: (target, name) => {
      if (name === 'close') return close;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

// A process of `mocha --parallel` runs several files; when it exits, Playwright ends the browser.
if (process.env.MOCHA_WORKER_ID === undefined && typeof after === 'function') {
  after(async () => {
    await (await shared?.catch(() => undefined))?.close();
  });
}

/**
 * For the `before` hook of a browser test: a running Chromium, or the suite is skipped with a hint.
 * @example
 * before(async function () {
 *   browser = await launchChromiumOrSkip(this);
 * });
 * after(() => browser?.close());
 */
export async function launchChromiumOrSkip(context: Mocha.Context): Promise<Browser> {
  context.timeout(FIND_TIMEOUT);
  if ((await findChromium()) === undefined) skip(context, 'Chromium is missing', HINT);
  return await shareChromium();
}

/**
 * Like `launchChromiumOrSkip`, with a user profile.
 * @param directory of the profile: its `Default/Preferences` has the settings
 */
export async function launchWithPreferencesOrSkip(
  context: Mocha.Context,
  directory: string,
): Promise<BrowserContext> {
  context.timeout(FIND_TIMEOUT);
  const executablePath = await findBrowser();
  if (executablePath === undefined) skip(context, 'Chromium is missing', HINT);
  return await chromium.launchPersistentContext(directory, { executablePath, args: ARGUMENTS });
}

// `node test/support/chromium.ts` installs both before the tests if possible, and prints the path of the one that most tests use.
if (import.meta.main) {
  if (findNamed() === undefined) await findOrInstall([SHELL], SHELL);
  await findBrowser();
  const path = await findChromium();
  console.log(path ?? `Chromium is missing: ${HINT}`);
  process.exitCode = path === undefined ? 1 : 0;
}
