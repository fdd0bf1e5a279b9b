import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import * as v from 'valibot';

/** What a browser posts: `PublicKeyCredential.toJSON()` (Web Authentication Level 3 §5.1.1), as far as it is used. */

/** Characters of a response. An attestation without a certificate has one or two thousand. */
const MAX_LENGTH = 16_384;

/** Characters of base64url: credential ids have 1023 bytes at most (§4, "credential id"). */
const base64url = (max: number) => v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/), v.maxLength(max));
const id = base64url(1364);
const clientDataJSON = base64url(MAX_LENGTH);

const common = { id, rawId: id, type: v.literal('public-key') };

const transports = v.pipe(v.array(v.pipe(v.string(), v.regex(/^[a-z-]{1,16}$/))), v.maxLength(8));

const registration = v.object({
  ...common,
  response: v.object({
    clientDataJSON,
    attestationObject: base64url(MAX_LENGTH),
    transports: v.optional(v.fallback(transports, [])),
  }),
});

/** A user handle has 64 bytes at most (§5.4.3). Some authenticators answer `null`. */
const userHandle = v.nullish(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]*$/), v.maxLength(88)));

const authentication = v.object({
  ...common,
  response: v.object({
    clientDataJSON,
    authenticatorData: base64url(MAX_LENGTH),
    signature: base64url(MAX_LENGTH),
    userHandle,
  }),
});

const clientData = v.object({
  challenge: v.string(),
  crossOrigin: v.optional(v.boolean(), false),
});

export type ParsedAuthentication = AuthenticationResponseJSON & Asked;
export type ParsedRegistration = RegistrationResponseJSON & Asked;

interface Asked {
  /** The challenge that the browser says it has answered. */
  readonly challenge: string;
  /** A page of ours in a frame of another site asked for the key. No page of ours allows frames. */
  readonly crossOrigin: boolean;
}

/** @returns undefined for a text that no browser sends */
export function parseAuthentication(text: string): ParsedAuthentication | undefined {
  const parsed = parse(authentication, text);
  const asked = parsed && askedIn(parsed.response.clientDataJSON);
  if (parsed === undefined || asked === undefined) return undefined;
  const { userHandle: handle, ...response } = parsed.response;
  return {
    ...parsed,
    ...asked,
    response: { ...response, ...(typeof handle === 'string' && { userHandle: handle }) },
    clientExtensionResults: {},
  };
}

/** @returns undefined for a text that no browser sends */
export function parseRegistration(text: string): ParsedRegistration | undefined {
  const parsed = parse(registration, text);
  const asked = parsed && askedIn(parsed.response.clientDataJSON);
  if (parsed === undefined || asked === undefined) return undefined;
  const { transports: ways = [], ...response } = parsed.response;
  return { ...parsed, ...asked, response: { ...response, transports: ways }, clientExtensionResults: {} };
}

function askedIn(encoded: string): Asked | undefined {
  return parse(clientData, Buffer.from(encoded, 'base64url').toString());
}

function parse<const Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    const { success, output } = v.safeParse(schema, JSON.parse(text));
    return success ? output : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
