import type { Context } from 'koa';
import { reservedKeys } from '../config/reserved-names.ts';
import { AmbiguousJsonError, parseUnambiguousJson } from '../config/unambiguous-json.ts';
import { readBytes } from './form-body.ts';

/** The body of a request that is a JSON object, read so that every parser reads the same (RFC 7493 §2). */

/** `application/json`, in UTF-8 (RFC 8259 §8.1, §11). */
const JSON_TYPE = /^application\/json(?: *; *charset=(?:utf-8|"utf-8"))?$/i;

const MAX_BYTES = 64 * 1024;
/** Objects and lists in each other. */
const MAX_DEPTH = 10;

/** A body that is no such object. The message is one fragment for the client. */
export class JsonBodyError extends Error {
  override readonly name = 'JsonBodyError';
}

/**
 * @throws JsonBodyError for another type, more than 64 KiB, text that is no JSON object, a name twice, a name of an object's prototype, or
 *   objects in each other deeper than 10
 */
export async function readJsonBody(ctx: Context): Promise<Record<string, unknown>> {
  if (!JSON_TYPE.test(ctx.req.headers['content-type'] ?? ''))
    throw new JsonBodyError('the body must be application/json, in UTF-8');
  const bytes = await readBytes(ctx, MAX_BYTES);
  if (bytes === undefined) {
    // The rest of the body is not read.
    ctx.set('Connection', 'close');
    throw new JsonBodyError(`the body is larger than ${MAX_BYTES / 1024} KiB`);
  }
  return parseObject(bytes);
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseUnambiguousJson(bytes, MAX_DEPTH);
  } catch (error) {
    throw new JsonBodyError(error instanceof AmbiguousJsonError ? error.message : 'the body is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new JsonBodyError('the body must be a JSON object');
  if (reservedKeys(value).length > 0) throw new JsonBodyError('a name is reserved');
  return value as Record<string, unknown>;
}
