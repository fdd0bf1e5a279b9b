import assert from 'node:assert/strict';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { WrittenMail } from '../../src/mail/mail-directory.ts';
import type { Messages, MessageValues } from '../../src/messages/messages.ts';
import { LONG } from '../support/long-form.ts';
import { arrive } from './steps.ts';

/** A name and a password, and how they are found. */
export interface Credentials {
  username: string;
  password: string;
}

export interface VisitorOptions {
  issuer: string;
  messages: Messages;
  language: string;
  /** Looks at a state of a page. */
  inspect: (page: Page) => Promise<void>;
  /** Sends the mails that are due. @returns all of them, the oldest first */
  mails: () => Promise<WrittenMail[]>;
}

/** A person at a browser, who finds everything by the texts of the catalogues in their language. */
export class Visitor {
  readonly context: BrowserContext;
  /** The tab in use. */
  page: Page;
  /** In which the person reads. */
  language: string;
  readonly #options: VisitorOptions;

  constructor(page: Page, options: VisitorOptions) {
    this.page = page;
    this.context = page.context();
    this.language = options.language;
    this.#options = options;
  }

  text(key: string, values?: MessageValues): string {
    return this.#options.messages
      .texts(this.language)
      .t(key, values)
      .replace(/<[^>]+>/g, '');
  }

  /** @param path below the issuer, or the address of another page */
  async goto(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.#options.issuer).href);
  }

  /** Waits for the page with this heading; axe finds nothing in a state of it that is new, and nothing is beside the screen. */
  async arrive(key: string, values?: MessageValues): Promise<void> {
    await arrive(this.page, this.text(key, values));
    await this.inspect();
  }

  async inspect(): Promise<void> {
    await this.#options.inspect(this.page);
  }

  /** Waits for a text, in a state that axe finds nothing in. */
  async sees(key: string, values?: MessageValues): Promise<void> {
    await this.page.getByText(this.text(key, values)).first().waitFor();
    await this.inspect();
  }

  /** Waits for the note about what a form has done. */
  async done(key: string): Promise<void> {
    await this.page
      .getByRole('status')
      .filter({ hasText: this.text(key) })
      .waitFor();
    await this.inspect();
  }

  button(key: string, values?: MessageValues): Locator {
    return this.page.getByRole('button', { name: this.text(key, values), exact: true }).first();
  }

  link(key: string, values?: MessageValues): Locator {
    return this.page.getByRole('link', { name: this.text(key, values), exact: true }).first();
  }

  async press(key: string, values?: MessageValues): Promise<void> {
    await this.button(key, values).click();
  }

  async follow(key: string, values?: MessageValues): Promise<void> {
    await this.link(key, values).click();
  }

  async fill(key: string, value: string): Promise<void> {
    await this.page.getByLabel(this.text(key), { exact: true }).fill(value);
  }

  /** Name and password, on the sign-in page. */
  async signIn({ username, password }: Credentials): Promise<void> {
    await this.arrive('login.heading');
    await this.fill('login.name', username);
    await this.fill('login.password', password);
    await this.press('login.submit');
  }

  /** On the consent page of the sample app, which then greets the person. */
  async allow(name = 'Alice Liddell'): Promise<void> {
    await this.arrive('consent.heading', { app: 'Sample App' });
    await this.press('consent.allow');
    await this.isGreeted(name);
  }

  /** By the sample app. */
  async isGreeted(name = 'Alice Liddell'): Promise<void> {
    await arrive(this.page, `Hello, ${name}`);
  }

  /** A code of an authenticator app, on the page of the second factor. */
  async secondFactor(code: string): Promise<void> {
    await this.arrive('secondFactor.heading');
    await this.fill('secondFactor.totp.code', code);
    await this.press('common.continue');
  }

  /** Opens a mail in the inbox. @param subject key of it */
  async openMail(subject: string, to: string, values: MessageValues = { brand: 'Signet' }): Promise<void> {
    await this.#options.mails();
    await this.goto('/dev/mail');
    await this.arrive('inbox.title');
    const mail = this.page.locator('ul.mails li', { hasText: to });
    await mail
      .getByRole('link', { name: this.text(subject, values), exact: true })
      .first()
      .click();
    await this.arrive(subject, values);
  }

  /** A mail has come. In the long form it is opened in the inbox. */
  async isTold(name: string, to: string): Promise<void> {
    await this.#findMail(name, to);
    if (LONG) await this.openMail(`mail.${name}.subject`, to);
  }

  /** Opens the link in a mail: in the long form in the inbox, by its button. */
  async openLink(name: string, to: string): Promise<void> {
    if (LONG) await this.followMail(name, to);
    else await this.goto(await this.readMail(name, to, LINK));
  }

  /** Opens a mail in a tab of its own, and follows its button, as a person does; the tab that opens is the one in use then. */
  async followMail(name: string, to: string): Promise<void> {
    this.page = await this.context.newPage();
    await this.openMail(`mail.${name}.subject`, to);
    const opened = this.page.waitForEvent('popup');
    const button = this.text(`mail.${name}.action`, { brand: 'Signet' });
    await this.page.frameLocator('.mail-frame').getByRole('link', { name: button }).first().click();
    const inbox = this.page;
    this.page = await opened;
    await inbox.close();
  }

  /** The code or the link in a mail, for another browser or tab. */
  async readMail(name: string, to: string, wanted: RegExp): Promise<string> {
    const { text } = await this.#findMail(name, to);
    const found = wanted.exec(text)?.[0];
    assert.ok(found !== undefined, `${name} has no ${wanted.source}`);
    return found;
  }

  /** The last one with this name. */
  async #findMail(name: string, to: string): Promise<WrittenMail> {
    const mails = await this.#options.mails();
    const found = mails.findLast((mail) => mail.name === name && mail.to === to);
    return found ?? assert.fail(`${to} has got no ${name}`);
  }
}

/** Parts of mails. */
export const CODE = /\b\d{4} ?\d{4}\b/;
export const LINK = /https?:\/\/\S+token=[\w-]{43}/;
