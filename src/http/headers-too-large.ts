import type { Duplex } from 'node:stream';
import type { PageHeaders } from '../pages/csp.ts';
import type { Pages } from '../pages/views.ts';
import { chooseLanguage } from '../messages/choice.ts';
import { standaloneStyle } from '../pages/standalone-style.ts';

/**
 * Answers requests with larger headers than Node reads (RFC 6585 §5), which do not reach koa. In browsers the cause is cookies, also of other
 * programs on the same host, which only the user can delete: a browser gets a page that says so.
 */
export interface HeadersTooLarge {
  /** @param packet the bytes in which the limit was exceeded; earlier bytes may be missing */
  answer(socket: Duplex, packet: Buffer | undefined): void;
  isAnswered(socket: Duplex): boolean;
}

/** Milliseconds in which the rest of a request is read and dropped; an earlier reset could discard the response (RFC 9112 §9.6). */
const LINGER_MS = 2000;

/** Languages that are looked at. */
const MAX_ACCEPTED = 20;

/** @param languages of the pages */
export function createHeadersTooLarge(
  issuer: string,
  pages: Pages,
  headers: PageHeaders,
  languages: readonly string[],
): HeadersTooLarge {
  /** By language. Rendered for the first browser that needs it, and kept. */
  const rendered = new Map<string, string>();
  const choose = chooseLanguage(languages);
  const pageFor = (packet: Buffer | undefined): string => {
    const language = choose(acceptedLanguages(packet));
    const page = rendered.get(language) ?? renderPage(language);
    rendered.set(language, page);
    return page;
  };
  const renderPage = (language: string): string => {
    const style = standaloneStyle();
    const html = pages.render('too-large', { host: new URL(issuer).hostname, style }, language);
    const all = { ...headers.page({ style }), 'Content-Language': language };
    return rawResponse('text/html; charset=utf-8', html, all);
  };
  const json = rawResponse(
    'application/json; charset=utf-8',
    JSON.stringify({ error: 'invalid_request', error_description: 'the headers are larger than 16 KiB' }),
    { 'Cache-Control': 'no-store' },
  );
  const answered = new WeakSet<Duplex>();
  return {
    answer(socket, packet) {
      answered.add(socket);
      const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
      socket.once('error', () => socket.destroy()).once('close', () => clearTimeout(linger));
      socket.end(mayBeBrowser(packet) ? pageFor(packet) : json);
    },
    isAnswered: (socket) => answered.has(socket),
  };
}

/** Browsers send `Accept` before `Cookie`. When the start of the request was in an earlier packet, it counts as a browser's. */
function mayBeBrowser(packet: Buffer | undefined): boolean {
  const text = packet?.toString('latin1') ?? '';
  return !/^[A-Z]+ [^ ]* HTTP\/1/.test(text) || /\r\naccept:[^\r\n]*text\/html/i.test(text);
}

/** Of the part of the headers that was read. Browsers name their languages in the order of their weights. */
function acceptedLanguages(packet: Buffer | undefined): string[] {
  const [, value = ''] = /\r\naccept-language:([^\r\n]*)/i.exec(packet?.toString('latin1') ?? '') ?? [];
  return value.split(',', MAX_ACCEPTED).map((range) => range.replace(/;.*/, '').trim());
}

function rawResponse(type: string, body: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({
    ...headers,
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 431 Request Header Fields Too Large\r\n${lines.join('')}\r\n${body}`;
}
