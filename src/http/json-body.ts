import type { Context } from 'koa';
import { JsonTextError, parseJsonObject } from '../config/unambiguous-json.ts';
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
  try {
    return parseJsonObject(bytes, MAX_DEPTH);
  } catch (error) {
    throw error instanceof JsonTextError ? new JsonBodyError(`the body ${error.message}`) : error;
  }
}
