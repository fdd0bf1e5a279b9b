interface WithFrontChannel {
  redirect_uris: readonly string[];
  frontchannel_logout_uri?: string | undefined;
}

/**
 * `frontchannel_logout_uri` has scheme, domain and port of a redirect URI (OpenID Connect Front-Channel Logout 1.0 §2).
 * @returns one sentence per problem
 */
export function frontChannelUriProblems({
  redirect_uris: uris,
  frontchannel_logout_uri: uri,
}: WithFrontChannel): string[] {
  if (uri === undefined) return [];
  const { origin, hash } = new URL(uri);
  if (hash !== '') return ['frontchannel_logout_uri: must not have a fragment'];
  return uris.some((each) => URL.parse(each)?.origin === origin)
    ? []
    : ['frontchannel_logout_uri: must have scheme, host and port of one of redirect_uris'];
}
