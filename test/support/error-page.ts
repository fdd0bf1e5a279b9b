import assert from 'node:assert/strict';

/** The texts of an error page: heading, message, and error and description under "Details". */
export function readErrorPage(html: string) {
  const part = (pattern: RegExp) => pattern.exec(html)?.[1]?.replaceAll('&#39;', "'");
  const heading = part(/<h1>([^<]*)<\/h1>/);
  assert.ok(part(/<title>([^<]*)<\/title>/)?.startsWith(`${heading} · `), html);
  const [, details = ''] = /<details [^>]*open>([^]*)<\/details>/.exec(html) ?? [];
  assert.match(details, /<summary>Details<\/summary>[^]*id="trace-id">[^<]+</);
  return {
    heading,
    message: part(/<p class="lead">([^]*?)<\/p>/),
    error: /id="error">([^<]*)</.exec(details)?.[1],
    description: /id="error-description">([^<]*)</.exec(details)?.[1]?.replaceAll('&#39;', "'"),
    summary: /id="error-summary">([^<]*)</.exec(details)?.[1],
  };
}
