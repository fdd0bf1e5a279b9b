import { issuerUrl } from '../../src/config/issuer.ts';

/** A client that registers itself (RFC 7591), and manages its registration (RFC 7592). */

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

export interface RegistrationCall {
  method?: string;
  /** JSON text as it is, or a value. */
  body?: unknown;
  token?: string | undefined;
  headers?: Record<string, string>;
}

export async function call(
  url: string,
  { method = 'POST', body, token, headers = {} }: RegistrationCall = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    headers: response.headers,
  };
}

export function register(issuer: string, body: unknown, rest: RegistrationCall = {}): Promise<Answer> {
  return call(issuerUrl(issuer, '/register'), { body, ...rest });
}

/** `201`, or the error and what it says of which member. */
export function outcome({ status, body }: Answer): string {
  return status < 400 ? String(status) : `${status} ${String(body.error)}: ${String(body.error_description)}`;
}

export const APP = { redirect_uris: ['https://app.example.com/callback'], client_name: 'An app' };
