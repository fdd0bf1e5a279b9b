import { findSecrets, type Secret } from './secret-search.ts';

/** Members of JSON answers that nobody else may know. */
const IN_ANSWERS: ReadonlySet<string> = new Set([
  'access_token',
  'refresh_token',
  'id_token',
  'logout_token',
  'client_secret',
  'registration_access_token',
  'device_code',
]);

/** Fields of forms; the codes and tokens among them were in an answer before. */
const IN_FORMS = ['password', 'client_secret', 'client_assertion', 'code_verifier'];

/** Fields of our own pages. */
const PAGE_FIELD = /name="(csrf|code|xsrf)" value="([\w-]+)"/g;

const SHORTEST = 12;

/**
 * Every code, token, secret, password and cookie that the requests of this process have used, so that logs and stores can be searched
 * for them. `fetch` is listened to; other clients hand over what they got.
 */
export class SecretsSeen {
  readonly #secrets = new Map<string, Secret>();
  readonly #pending = new Set<Promise<void>>();
  #restore: (() => void) | undefined;

  /** Listens to `fetch` from now on. */
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
    // What tests make up of one letter is found everywhere.
    if (value.length < SHORTEST || new Set(value).size < SHORTEST / 2) return;
    this.#secrets.set(value, { kind, value });
  }

  /** Notes what is secret in an answer's body. */
  noteBody(body: string): void {
    for (const [, name = '', value = ''] of body.matchAll(/"(\w+)":\s*"([^"\\]+)"/g)) {
      if (IN_ANSWERS.has(name)) this.note(name, value);
    }
    for (const [, name = '', value = ''] of body.matchAll(PAGE_FIELD)) this.note(name, value);
  }

  /** Which secrets are in a text, by kind and encoding. */
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
    const [, code = ''] = /[?&#]code=([^&]+)/.exec(location) ?? [];
    this.note('code', code);
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
