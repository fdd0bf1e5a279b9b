import { CookieJar } from 'tough-cookie';
import { formOf, type HtmlForm } from '../../test/support/html-form.ts';
import { ACCOUNT } from '../servers/fixture.ts';
import { expectStatus, type HttpAnswer, type HttpClient } from './http.ts';

/** A browser with a person: follows redirects, keeps cookies, fills in the forms of the pages. */

const REDIRECTS_AT_MOST = 10;

interface Page {
  form: HtmlForm;
  path: string;
}

export class Person {
  readonly #http: HttpClient;
  readonly #issuer: string;
  readonly #username: string;
  readonly #jar = new CookieJar();

  constructor(http: HttpClient, issuer: string, username: string = ACCOUNT.login) {
    this.#http = http;
    this.#issuer = issuer;
    this.#username = username;
  }

  /**
   * Goes from an authorization request to the client's redirect URI, through all pages.
   * @param path path and query of the authorization request
   * @returns the parameters of the authorization response; with a session, one request was enough
   */
  async authorize(path: string, redirectUri: string): Promise<URLSearchParams> {
    let reached = await this.#follow(await this.#get(path), path, redirectUri);
    for (let pages = 0; pages < REDIRECTS_AT_MOST; pages += 1) {
      if (reached instanceof URLSearchParams) return reached;
      reached = await this.#follow(await this.#submit(reached), reached.path, redirectUri);
    }
    throw new Error(`${path}: no end of pages`);
  }

  /**
   * Goes to the sign-in page and fills it in.
   * @returns a function that submits the form; it settles when the password was checked
   */
  async fillInLogin(path: string, redirectUri: string): Promise<(http: HttpClient) => Promise<void>> {
    const reached = await this.#follow(await this.#get(path), path, redirectUri);
    if (reached instanceof URLSearchParams) throw new Error('expected the sign-in page, got no page');
    return async (http) => {
      const answer = await this.#submit(reached, http);
      if (!isRedirect(answer)) throw new Error(`sign-in: ${answer.status}: ${answer.body.slice(0, 500)}`);
    };
  }

  async #follow(first: HttpAnswer, path: string, redirectUri: string): Promise<URLSearchParams | Page> {
    let answer = first;
    let current = path;
    for (let redirects = 0; redirects < REDIRECTS_AT_MOST; redirects += 1) {
      if (!isRedirect(answer)) {
        expectStatus(answer, 200, current);
        const form = formOf(answer.body);
        if (form.method.toLowerCase() !== 'post') throw new Error(`${current}: a page without a form`);
        return { form, path: current };
      }
      const location = String(answer.headers.location);
      if (location.startsWith(redirectUri)) return authorizationResponse(location);
      current = this.#resolve(location, current);
      answer = await this.#get(current);
    }
    throw new Error(`${path}: no end of redirects`);
  }

  async #get(path: string): Promise<HttpAnswer> {
    return this.#keepCookies(path, await this.#http.get(path, { cookie: this.#cookies(path) }));
  }

  async #submit(page: Page, http = this.#http): Promise<HttpAnswer> {
    const { action } = page.form;
    const fields = new URLSearchParams(page.form.fields);
    if (fields.has('password')) {
      fields.set('login', this.#username);
      fields.set('password', ACCOUNT.password);
    }
    const path = this.#resolve(action, page.path);
    const answer = await http.post(path, fields.toString(), {
      cookie: this.#cookies(path),
      origin: this.#issuer,
      'sec-fetch-site': 'same-origin',
    });
    return this.#keepCookies(path, answer);
  }

  #cookies(path: string): string {
    return this.#jar.getCookieStringSync(this.#issuer + path);
  }

  #keepCookies(path: string, answer: HttpAnswer): HttpAnswer {
    for (const header of [answer.headers['set-cookie'] ?? []].flat()) {
      this.#jar.setCookieSync(header, this.#issuer + path);
    }
    return answer;
  }

  #resolve(target: string, current: string): string {
    const url = new URL(target, new URL(current, this.#issuer));
    if (url.origin !== this.#issuer) throw new Error(`${current}: leads to ${url.origin}`);
    return url.pathname + url.search;
  }
}

function isRedirect(answer: HttpAnswer): boolean {
  return answer.status === 302 || answer.status === 303;
}

function authorizationResponse(location: string): URLSearchParams {
  const parameters = new URLSearchParams(location.slice(location.indexOf('?')));
  if (parameters.has('code')) return parameters;
  throw new Error(`authorization failed: ${parameters.get('error')}: ${parameters.get('error_description')}`);
}
