import type { Context } from 'koa';
import type { RenderPage } from './render.ts';
import { standaloneStyle } from './standalone-style.ts';

/** A form that the browser passes on: a script submits it, or a button where scripts do not run. */
export interface PostedForm {
  action: string;
  fields: { name: string; value: string }[];
}

export type ShowContinuePage = (ctx: Context, form: PostedForm) => void;

/** Not the form's own `submit`, which a field of that name would hide. */
const SCRIPT = 'HTMLFormElement.prototype.submit.call(document.forms[0]);';

export function continuePage(renderPage: RenderPage): ShowContinuePage {
  const style = standaloneStyle();
  return (ctx, form) => {
    const policy = { script: SCRIPT, style, formsLeave: true };
    renderPage(ctx, 'continue', { ...form, script: SCRIPT, style }, policy);
  };
}
