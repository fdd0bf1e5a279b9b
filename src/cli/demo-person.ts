import { DEMO_ACCOUNT } from '../config/demo.ts';

/**
 * The demo account in front of the sign-in pages: fills in the plain forms and keeps the cookies, as a browser would. Good enough for this
 * server's pages and no others.
 * @returns the redirect URI with the parameters that the app gets
 * @throws Error when a page is not as expected
 */
export async function signInAsPerson(authorizationRequest: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  const { origin } = authorizationRequest;
  let response = await send(authorizationRequest, cookies);
  let url = authorizationRequest;
  for (let steps = 0; steps < 12; steps += 1) {
    const location = response.headers.get('location');
    if (location !== null) {
      await response.body?.cancel();
      url = new URL(location, url);
      if (url.origin !== origin) return url;
      response = await send(url, cookies);
      continue;
    }
    const html = await response.text();
    const action = /<form[^>]*\saction="([^"]+)"/.exec(html)?.[1];
    const csrf = /name="csrf"\s+value="([^"]+)"/.exec(html)?.[1];
    if (action === undefined || csrf === undefined) {
      throw new Error(`the page at ${url.pathname} has no form (status ${response.status})`);
    }
    url = new URL(action, url);
    const { username: login, password } = DEMO_ACCOUNT;
    response = await send(url, cookies, new URLSearchParams({ csrf, login, password }));
  }
  throw new Error('the sign-in did not come to an end');
}

async function send(url: URL, cookies: Map<string, string>, form?: URLSearchParams): Promise<Response> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: {
      Accept: 'text/html',
      Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    },
    ...(form !== undefined && { method: 'POST', body: form }),
  });
  for (const header of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
    if (name !== undefined && value !== undefined) cookies.set(name, value);
  }
  return response;
}
