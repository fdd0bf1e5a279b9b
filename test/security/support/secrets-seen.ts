import { findSecrets, type Secret } from './secret-search.ts';

/** Secret members of JSON responses. */
const IN_ANSWERS: ReadonlySet<string> = new Set([
  'access_token',
  'refresh_token',
  'id_token',
  'logout_token',
  'client_secret',
  'registration_access_token',
  'device_code',
]);

/** Secret form fields, also of links, which come by mail. */
const IN_FORMS = [
  'password',
  'current',
  'new',
  'token',
  'ticket',
  'code',
  'credential',
  'client_secret',
  'client_assertion',
  'code_verifier',
];

/** Fields of our own pages. */
const PAGE_FIELD = /name="(csrf|code|xsrf|token|ticket)" value="([\w.-]+)"/g;
/** The seed of an authenticator app, and recovery codes, as the pages show them. */
const SHOWN = /<code(?: class="(secret)"[^>]*)?>([A-Z\d -]+)<\/code>/g;

const SHORTEST = 12;

/**
 * Every code, token, secret, password and cookie that the requests of this process have used, so that logs and stores can be searched
 * for them. `fetch` is intercepted; other clients report their responses.
 */
export class SecretsSeen {
  readonly #secrets = new Map<string, Secret>();
  readonly #pending = new Set<Promise<void>>();
  #restore: (() => void) | undefined;

  /** Intercepts `fetch` from now on. */
  listen(): void {
    const { fetch } = globalThis;
    const listening: typeof fetch = async (input, init) => {
      this.#noteRequest(init);
      const response = await fetch(input, init);
      this.#noteResponse(response);
      return response;
    };
    globalThis.fetch = listening;
    this.#restore = () => {
      if (globalThis.fetch === listening) globalThis.fetch = fetch;
    };
  }

  stop(): void {
    this.#restore?.();
  }

  get size(): number {
    return this.#secrets.size;
  }

  note(kind: string, value: string): void {
    // Test values of one repeated letter would match everywhere.
    if (value.length < SHORTEST || new Set(value).size < SHORTEST / 2) return;
    // A row sends the names that every object has.
    if (value in Object.prototype) return;
    this.#secrets.set(value, { kind, value });
  }

  /** Records the secrets of a response body. */
  noteBody(body: string): void {
    for (const [, name = '', value = ''] of body.matchAll(/"(\w+)":\s*"([^"\\]+)"/g)) {
      if (IN_ANSWERS.has(name)) this.note(name, value);
    }
    for (const [, name = '', value = ''] of body.matchAll(PAGE_FIELD)) this.note(name, value);
    for (const [, kind = 'recovery code', value = ''] of body.matchAll(SHOWN)) {
      this.note(kind, value);
      this.note(kind, value.replaceAll(/[ -]/g, ''));
    }
  }

  /** The secrets in a text, by kind and encoding. */
  async foundIn(text: string): Promise<string[]> {
    await Promise.all(this.#pending);
    return findSecrets(text, this.#secrets.values());
  }

  #noteRequest(init: RequestInit | undefined): void {
    const form = init?.body;
    if (form instanceof URLSearchParams || typeof form === 'string') {
      const fields = new URLSearchParams(form);
      for (const name of IN_FORMS) for (const value of fields.getAll(name)) this.note(name, value);
    }
    const authorization = new Headers(init?.headers).get('Authorization') ?? '';
    const [scheme = '', credentials = ''] = authorization.split(' ');
    if (scheme.toLowerCase() !== 'basic') return;
    const [, secret = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
    this.note('client_secret', secret);
  }

  #noteResponse(response: Response): void {
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.note(`cookie ${name}`, value);
    }
    const location = response.headers.get('location') ?? '';
    for (const [, name = '', value = ''] of location.matchAll(/[?&#](code|token)=([^&]+)/g))
      this.note(name, value);
    if (!/json|html/.test(response.headers.get('content-type') ?? '') || response.body === null) return;
    const read = response
      .clone()
      .text()
      .then((body) => this.noteBody(body))
      .catch(() => undefined)
      .finally(() => this.#pending.delete(read));
    this.#pending.add(read);
  }
}
