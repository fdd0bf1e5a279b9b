import { customGrant, requireParameter } from '../../src/oidc/grants/custom-grant.ts';

/** The grant of the recipe: an access token for an API, with a parameter of the request in the response. */
export const echo = customGrant({
  // @ts-expect-error -- a grant type of `echo-source.ts`
  grantType: 'urn:example:echo',
  spec: ['Echo Grant'],
  parameters: ['message'],
  async handle(ctx, issue) {
    const message = requireParameter(ctx, 'message');
    return { ...(await issue()), message };
  },
});
