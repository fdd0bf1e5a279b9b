import * as v from 'valibot';
import { email, flag, text, webUrl } from './values.ts';

/** What the pages show of a client (RFC 7591 §2). */
export const INFORMATION = {
  client_name: v.optional(v.pipe(text, v.regex(/^\P{C}+$/u, 'contains a control character'))),
  client_uri: v.optional(webUrl),
  logo_uri: v.optional(webUrl),
  policy_uri: v.optional(webUrl),
  tos_uri: v.optional(webUrl),
  contacts: v.optional(v.array(email, 'must be a list of email addresses')),
  software_id: v.optional(text),
  software_version: v.optional(text),
  first_party: v.optional(flag),
};
