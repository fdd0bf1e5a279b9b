import * as v from 'valibot';
import { CONTENT_ENCRYPTION, KEY_MANAGEMENT } from '../../config/encryption-algorithms.ts';
import { oneOf } from './values.ts';

/** The JWTs that a client receives (OpenID Connect Dynamic Client Registration §2, RFC 9701 §6). */

const signed = v.optional(v.string('must be text'));
const encrypted = v.optional(oneOf(KEY_MANAGEMENT));
const content = v.optional(oneOf(CONTENT_ENCRYPTION));

export const RESPONSES = {
  id_token_signed_response_alg: signed,
  id_token_encrypted_response_alg: encrypted,
  id_token_encrypted_response_enc: content,
  userinfo_signed_response_alg: signed,
  userinfo_encrypted_response_alg: encrypted,
  userinfo_encrypted_response_enc: content,
  introspection_signed_response_alg: signed,
  introspection_encrypted_response_alg: encrypted,
  introspection_encrypted_response_enc: content,
};
