import type { Context, Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import { basicCredentials } from './plain-request.ts';

/**
 * A public client that sends Basic with an empty secret, as some libraries do, authenticates as one without: RFC 6749 §2.3.1 lets a client
 * leave out an empty secret. Before the engine, which rejects it, the credentials become the `client_id` of the form. For any other client
 * the request is left as it is, and the engine rejects it.
 */
export function acceptEmptySecret(provider: Provider): Middleware {
  return async (ctx, next) => {
    const { req, state } = ctx;
    const clientId = idWithEmptySecret(ctx);
    const client = clientId === undefined ? undefined : await provider.Client.find(clientId);
    if (client?.clientAuthMethod === 'none') {
      delete req.headers.authorization;
      Object.assign(state.form ?? {}, { client_id: clientId });
    }
    await next();
  };
}

/** The id in `Basic base64(id:)`, when the form has no other credentials and names no other client. */
function idWithEmptySecret({ req: { headers }, state: { form } }: Context): string | undefined {
  if (headers.authorization === undefined || form === undefined) return undefined;
  const basic = basicCredentials(headers.authorization);
  if (basic?.clientSecret !== '' || form.client_secret || form.client_assertion) return undefined;
  return (form.client_id || basic.clientId) === basic.clientId ? basic.clientId : undefined;
}
