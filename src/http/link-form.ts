import { hash } from 'node:crypto';
import type { Context } from 'koa';
import type { FormToken } from './csrf.ts';
import { formField } from './form-body.ts';
import type { Message } from '../messages/messages.ts';
import { Problem } from './problem.ts';

/**
 * Pages of a link that a person got by mail or from an operator (`accounts/links.ts`). The link has its token in the query, which no log
 * has; the form of its page has it in the hidden field `token`. A GET shows a page, and only the form uses the link, because mail scanners
 * open links.
 */

/** The token of the link of a request; an empty text where it has none. */
export function linkToken(ctx: Context): string {
  if (ctx.method === 'POST') return formField(ctx, 'token') ?? '';
  const { token } = ctx.query;
  return typeof token === 'string' ? token : '';
}

/**
 * The form token of such a page. It derives from the token of the link, which only the holder of the link knows, and from the path: the
 * form of one link is none for another one, and none for another purpose.
 */
export const linkFormToken: FormToken = (ctx) => {
  const token = linkToken(ctx);
  return token === '' ? '' : hash('sha256', JSON.stringify(['link form', token, ctx.path]), 'base64url');
};

/** Of a link that was used, or has expired. @param words for the person */
export function voidLink(words: Message): Problem {
  return new Problem(404, 'not_found', 'the link was used, or has expired', { words, format: 'page' });
}
