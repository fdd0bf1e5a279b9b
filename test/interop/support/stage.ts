import { AssertionError } from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';
import { basic, signIn, type TokenResponse, WEB } from '../../support/flow.ts';
import { launchChromium } from '../../support/chromium.ts';
import type { InteropClient } from '../client.ts';
import type { Documents } from './documents.ts';
import { fillExamples, type Values } from './examples.ts';
import { type OrdersApi, startOrdersApi } from './orders-api.ts';
import { Person } from './person.ts';
import { Program } from './program.ts';
import { MARIA, type Signet } from './signet.ts';
import { type Installation, MissingToolchainError } from './toolchain.ts';

/** What a client's `run` has at hand: its registration, its files in a directory, its processes and people with browsers. */

export interface StageOptions {
  client: InteropClient;
  signet: Signet;
  installation: Installation;
  values: Values;
  port: number;
  /** Credentials of a client with `client_credentials` that may have the scopes of every API. */
  machine: { id: string; secret: string };
  /** Lines that are left out of the files. */
  without?: Readonly<Record<string, readonly string[]>>;
}

/** As a client gets it. */
export interface Refusal {
  refusal: string | null;
  detail: string | null;
}

export class Stage {
  readonly issuer: string;
  /** `sub` of the person. */
  readonly sub: string;
  readonly appUrl: string;
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the files of the client are. */
  readonly directory: string;
  readonly installation: Installation;
  /** PEM, of an issuer with https. */
  readonly certificate: string | undefined;
  /** Where the client may publish its metadata. */
  readonly documents: Documents;
  /** The steps that were as documented. */
  readonly passed: string[] = [];
  /** The steps that were not. */
  readonly failures: string[] = [];
  readonly #people: Person[] = [];
  readonly #programs: Program[] = [];
  readonly #apis: OrdersApi[] = [];
  readonly #browsers: Browser[] = [];
  readonly #machine: { id: string; secret: string };

  constructor({ client, signet, installation, values, port, machine, without = {} }: StageOptions) {
    this.issuer = signet.issuer;
    this.certificate = signet.certificate;
    this.documents = signet.documents;
    this.sub = signet.sub;
    this.appUrl = values.appUrl;
    this.port = port;
    this.clientId = values.clientId;
    this.clientSecret = values.clientSecret;
    this.installation = installation;
    this.#machine = machine;
    this.directory = join(installation.directory, `run-${process.pid}-${port}`);
    const source = join(import.meta.dirname, '../clients', client.name, 'files');
    for (const { path } of client.files) {
      const target = join(this.directory, path);
      mkdirSync(dirname(target), { recursive: true });
      const text = withoutLines(readFileSync(join(source, path), 'utf8'), without[path] ?? [], path);
      writeFileSync(target, replaceAll(fillExamples(text, values), client.replace));
    }
  }

  /**
   * Performs one step. After an unexpected answer the run continues, so that a run shows all of them.
   * @throws Error with the title of the step when something else fails
   */
  async step(title: string, perform: () => Promise<void> | void): Promise<void> {
    try {
      await perform();
      this.passed.push(title);
    } catch (error) {
      if (error instanceof MissingToolchainError) throw error;
      const detail = `${title}: ${error instanceof Error ? error.message : String(error)}`;
      this.failures.push(detail);
      if (!(error instanceof AssertionError)) throw new Error(detail, { cause: error });
    }
  }

  /** A person with a fresh browser. */
  person(): Person {
    const person = new Person(this.issuer, MARIA);
    this.#people.push(person);
    return person;
  }

  /** Why Signet refused the last authorization request, as the client got it. */
  get refusal(): Refusal | undefined {
    const parameters = this.#people.map((person) => person.refusal).findLast((found) => found !== undefined);
    return (
      parameters && {
        refusal: parameters.get('error_description'),
        detail: parameters.get('error_detail'),
      }
    );
  }

  /** A headless Chromium, closed at the end. @throws MissingToolchainError when there is none */
  async browser(): Promise<Browser> {
    const browser = await launchChromium().catch((error: Error) => {
      throw new MissingToolchainError('Chromium is missing', error.message);
    });
    this.#browsers.push(browser);
    return browser;
  }

  /** Starts the client, with `PORT` in its environment, and waits until it listens. */
  async start(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
    const program = this.program(command, args, env);
    await program.until(() => isListening(this.port));
  }

  /** Starts a program in the directory of the files. */
  program(command: string, args: readonly string[], env: Record<string, string> = {}): Program {
    const { directory, installation, port } = this;
    const program = new Program(command, args, {
      cwd: directory,
      env: { ...process.env, ...installation.env, PORT: String(port), ...env },
    });
    this.#programs.push(program);
    return program;
  }

  /** Starts the API of `ORDERS_API`. @returns its address */
  async ordersApi(): Promise<string> {
    const api = await startOrdersApi(this.issuer);
    this.#apis.push(api);
    return api.url;
  }

  /** What the processes of the client wrote. */
  get output(): string {
    return this.#programs.map(({ output }) => output).join('');
  }

  /** Waits until the processes of the client have written this. @throws Error after some seconds */
  async logs(pattern: RegExp): Promise<void> {
    await eventually(`${pattern} in the output`, () => Promise.resolve(pattern.test(this.output)), 5);
  }

  /** An access token by client credentials, for an API that the client protects. */
  async machineToken(parameters: Record<string, string>): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { Authorization: basic(this.#machine) },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }),
    });
    const body = (await response.json()) as { access_token?: string };
    if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
    return body.access_token;
  }

  /** An access token of the person, for an API that the client protects. @param scope scopes of the API */
  async personToken(scope: string): Promise<string> {
    return (await this.#personTokens(scope)).access_token;
  }

  /** An ID token of the person, for another client. */
  async personIdToken(): Promise<string> {
    return (await this.#personTokens('openid')).id_token ?? '';
  }

  async #personTokens(scope: string): Promise<TokenResponse> {
    const client = { ...this.#machine, redirectUri: WEB.redirectUri };
    const { tokens } = await signIn(this.issuer, { client, person: MARIA, parameters: { scope } });
    return tokens;
  }

  /** Ends its processes and browsers, and removes its files. */
  async end(): Promise<void> {
    for (const browser of this.#browsers) await browser.close();
    for (const program of this.#programs) await program.stop();
    for (const api of this.#apis) api.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** @throws Error when a line is not there: the descriptor would test nothing */
function withoutLines(text: string, lines: readonly string[], path: string): string {
  let rest = text.split('\n');
  for (const line of lines) {
    if (!rest.some((found) => found.trim() === line)) throw new Error(`${path} has no line ${line}`);
    rest = rest.filter((found) => found.trim() !== line);
  }
  return rest.join('\n');
}

function replaceAll(text: string, replacements: Readonly<Record<string, string>> = {}): string {
  return Object.entries(replacements).reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, 'localhost');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
