import * as v from 'valibot';

export const HTTP = /^https?$/;

export interface UrlOptions {
  /** Accepted protocols, without the colon; any when absent. */
  protocol?: RegExp;
  description?: string;
}

/**
 * A URL as text. White space around it, and tabs and line breaks in it, are removed: the URL parser would ignore them (WHATWG URL §4.4).
 */
export function url(message: string, { protocol, description }: UrlOptions = {}) {
  const isAccepted = (text: string): boolean => {
    const parsed = URL.parse(text);
    if (parsed === null) return false;
    // The parser also takes `https:example.com`.
    if (protocol === HTTP && !/^https?:\/\//i.test(text)) return false;
    return protocol?.test(parsed.protocol.slice(0, -1)) ?? true;
  };
  return v.pipe(
    v.string(message),
    // Before the transformation, so that the JSON Schema of the input has it.
    v.metadata({ format: 'uri', ...(description !== undefined && { description }) }),
    v.transform((text) => text.trim().replaceAll(/[\t\n\r]/g, '')),
    v.check(isAccepted, message),
  );
}

/** Whether a browser opens the address itself, and no app. */
export function isWeb({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}

/** @returns undefined for what is no http or https URL, such as an address that runs code in a browser */
export function parseWebUrl(address: unknown): URL | undefined {
  const parsed = typeof address === 'string' ? URL.parse(address) : null;
  return parsed !== null && isWeb(parsed) ? parsed : undefined;
}
