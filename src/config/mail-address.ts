import { domainToASCII } from 'node:url';

/** RFC 5321 §4.5.3.1. */
const MAX_LOCAL_BYTES = 64;
const MAX_ADDRESS_BYTES = 254;

/**
 * The characters of an atom and the dot (RFC 5322 §3.2.3), and letters and digits of other scripts (RFC 6531). No quoted local part: mail
 * programs disagree about what such an address names.
 */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\p{L}\p{M}\p{N}-]+$/u;

/** A label of a host name (RFC 1123 §2.1), after the conversion of IDNs. */
const DOMAIN =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * An address that a mail can be sent to, with its domain in ASCII (RFC 5891). It is one address and nothing else: no name, comment, list or
 * line break.
 * @returns undefined for anything else
 */
export function mailAddress(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0)).normalize('NFC');
  const domain = domainToASCII(text.slice(at + 1));
  const address = `${local}@${domain}`;
  const isAddress =
    LOCAL.test(local) &&
    DOMAIN.test(domain) &&
    Buffer.byteLength(local) <= MAX_LOCAL_BYTES &&
    Buffer.byteLength(address) <= MAX_ADDRESS_BYTES;
  return isAddress ? address : undefined;
}
