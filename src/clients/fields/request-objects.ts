import * as v from 'valibot';
import { CONTENT_ENCRYPTION, KEY_MANAGEMENT } from '../../config/encryption-algorithms.ts';
import { REQUEST_OBJECT_ALGORITHMS } from '../request-object-algorithms.ts';
import { requestUri } from '../request-uri.ts';
import { flag, oneOf } from './values.ts';

/** URLs of a client with request objects; each is requested when a browser names it. */
const MAX_REQUEST_URIS = 20;

/** Request objects (OpenID Connect Dynamic Client Registration §2, RFC 9101 §10.5). */
export const REQUEST_OBJECTS = {
  request_object_signing_alg: v.optional(oneOf(REQUEST_OBJECT_ALGORITHMS)),
  require_signed_request_object: v.optional(flag),
  request_uris: v.optional(
    v.pipe(
      v.array(requestUri, 'must be a list of URLs'),
      v.maxLength(MAX_REQUEST_URIS, `has more than ${MAX_REQUEST_URIS} URLs`),
    ),
  ),
  request_object_encryption_alg: v.optional(oneOf(KEY_MANAGEMENT)),
  request_object_encryption_enc: v.optional(oneOf(CONTENT_ENCRYPTION)),
};
