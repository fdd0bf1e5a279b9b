import { formOf } from './html-form.ts';

/** Parameters of an authorization response, and how they came. */
export interface AuthorizationResponse {
  mode: 'query' | 'fragment' | 'form_post' | 'none';
  /** Without its query and fragment. */
  to: string;
  parameters: Record<string, string>;
}

/** Reads an authorization response as the browser gets it: from a redirect or a form. `none` for another page or redirect. */
export async function readAuthorizationResponse(response: Response): Promise<AuthorizationResponse> {
  const location = response.headers.get('location');
  if (location === null) {
    const { action, fields } = formOf(await response.text());
    return { mode: action.startsWith('http') ? 'form_post' : 'none', to: action, parameters: fields };
  }
  await response.body?.cancel();
  if (location.startsWith('/')) return { mode: 'none', to: location, parameters: {} };
  return responseAt(location);
}

/** The response in an address to which the browser was redirected. */
export function responseAt(location: string | URL): AuthorizationResponse {
  const [, to = '', query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(String(location)) ?? [];
  return {
    mode: fragment === undefined ? 'query' : 'fragment',
    to,
    parameters: Object.fromEntries(new URLSearchParams(fragment ?? query)),
  };
}
