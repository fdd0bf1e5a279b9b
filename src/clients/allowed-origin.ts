/** Validation of `allowed_origins`: origins of pages that may call Signet as the client (CORS), in the form of the `Origin` header. */

/** `scheme://host:port` without a user, a path or a list. */
const ORIGIN = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/?#@,\\]+$/;

const WEB = /^https?:/i;

/** Pages of these schemes have the origin `null` (HTML, "origin"). */
const OPAQUE = /^(?:file|data|javascript|blob|about):/i;

/** Hosts that browsers resolve to this machine (Secure Contexts §3.1). */
const LOOPBACK = /^(?:(?:.+\.)?localhost|127\.0\.0\.1|\[::1\])$/;

interface WithOrigins {
  token_endpoint_auth_method: string;
  allowed_origins?: readonly string[] | undefined;
}

/** @returns a sentence for each problem */
export function allowedOriginsProblems({
  token_endpoint_auth_method: method,
  allowed_origins: origins,
}: WithOrigins): string[] {
  if (origins === undefined) return [];
  if (method !== 'none')
    return [
      'allowed_origins: for public clients (token_endpoint_auth_method none); a page cannot keep a secret',
    ];
  return origins.flatMap((origin) => {
    const problem = allowedOriginProblem(origin);
    return problem === undefined ? [] : [`allowed_origins: ${JSON.stringify(origin)} ${problem}`];
  });
}

/** @returns the problem, as a predicate without a subject; undefined for a valid origin */
export function allowedOriginProblem(text: string): string | undefined {
  if (text === 'null') return 'is the origin of every sandboxed frame and local file';
  if (text.includes('*')) return 'has a wildcard; list each origin in full';
  return WEB.test(text) ? webProblem(text) : appProblem(text);
}

function webProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || /[\s,\\]/.test(text)) return 'is not an origin, such as https://app.example.com';
  if (url.username !== '' || url.password !== '') return 'has a user name or password in it';
  if (url.origin !== text) return `is ${url.origin} as an origin; write it so`;
  return url.protocol === 'http:' && !LOOPBACK.test(url.hostname)
    ? 'must be https; http is for localhost'
    : undefined;
}

/** The scheme of an app, such as `capacitor://localhost`. Browsers write its origin as it is, in lower case. */
function appProblem(text: string): string | undefined {
  if (OPAQUE.test(text)) return 'has no origin of its own';
  if (ORIGIN.test(text)) return text === text.toLowerCase() ? undefined : 'must be in lower case';
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/?#@,\\]+[/?#]/.test(text)
    ? 'must be without a path, also without a slash at its end'
    : 'is not an origin, such as capacitor://localhost';
}
