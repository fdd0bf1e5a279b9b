import { fetchedUrlProblems } from './fetched-url.ts';
import type { MetadataContext } from './fields/shape.ts';

interface WithBackChannel {
  backchannel_logout_uri?: string | undefined;
  backchannel_logout_session_required?: boolean | undefined;
}

/**
 * `backchannel_logout_uri` (OpenID Connect Back-Channel Logout 1.0 §2.2).
 * @returns one sentence per problem
 */
export function backChannelUriProblems(
  { backchannel_logout_uri: uri, backchannel_logout_session_required: session }: WithBackChannel,
  context: Pick<MetadataContext, 'fetchesHttp'>,
): string[] {
  if (uri === undefined) {
    return session === undefined ? [] : ['backchannel_logout_session_required: needs backchannel_logout_uri'];
  }
  if (uri.includes('#')) return ['backchannel_logout_uri: must not have a fragment'];
  return fetchedUrlProblems('backchannel_logout_uri', uri, context);
}
