import { DEMO_ACCOUNT } from '../config/demo.ts';

/**
 * Signs the demo account in: submits the forms of the pages and keeps cookies like a browser. Handles the pages of this server only.
 * @returns the redirect URI with the parameters for the app
 * @throws Error when a page is not as expected
 */
export async function signInDemoAccount(authorizationRequest: URL): Promise<URL> {
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
    requireUsualAlice(url, response.status);
    const action = /<form[^>]*\saction="([^"]+)"/.exec(html)?.[1];
    const csrf = /name="csrf"\s+value="([^"]+)"/.exec(html)?.[1];
    if (action === undefined || csrf === undefined) {
      throw new Error(`the page at ${url.pathname} has no form (status ${response.status})`);
    }
    url = new URL(action, url);
    const { username: login, password } = DEMO_ACCOUNT;
    response = await send(url, cookies, new URLSearchParams({ csrf, login, password }));
  }
  throw new Error('the sign-in did not end after 12 pages');
}

/** A person who has tried the account pages as alice may have changed her. @throws Error with what to do */
function requireUsualAlice({ pathname }: URL, status: number): void {
  const { username, password } = DEMO_ACCOUNT;
  if (pathname.endsWith('/second_factor'))
    throw new Error(
      `${username} has a second factor, which this demo does not use; remove it: signet user factors ${username} --remove all`,
    );
  if (pathname.endsWith('/login') && status === 400)
    throw new Error(
      `${username} has another password than ${password}, or another account has her name; to begin anew, stop the server and remove its directory data`,
    );
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
