import * as v from 'valibot';
import { HTTP, url } from '../../config/url.ts';

/** Types that several members of client metadata have. */

/** Like the addresses that HTML's `<input type=email>` accepts, with a top-level domain. */
const EMAIL =
  /^(?:[A-Za-z0-9_'+-]+\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}$/;

export const text = v.pipe(
  v.string('must be text'),
  v.minLength(1, 'must not be empty'),
  v.maxLength(1000, 'is longer than 1000 characters'),
);
export const flag = v.boolean('must be true or false');
export const webUrl = url('must be an http or https URL', { protocol: HTTP });
export const uris = v.array(
  v.pipe(v.string('must be text'), v.maxLength(2000, 'is longer than 2000 characters')),
  'must be a list of URIs',
);
export const email = v.pipe(v.string('must be email addresses'), v.regex(EMAIL, 'must be email addresses'));

export function oneOf<const Values extends readonly string[]>(values: Values) {
  return v.picklist(values, `must be ${values.join(' or ')}`);
}

export function listOf<const Values extends readonly string[]>(values: Values) {
  return v.array(oneOf(values), `must be a list of: ${values.join(', ')}`);
}

export const seconds = v.pipe(
  v.number('must be a number of seconds'),
  v.safeInteger('must be a number of seconds'),
  v.minValue(0, 'must not be negative'),
);
