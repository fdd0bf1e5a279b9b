import { type Client, errors, type Provider } from 'oidc-provider';

interface ResponseModes {
  responseModes: readonly string[];
  responseModeAllowed(mode: string | undefined, responseType: string | undefined): boolean;
}

/**
 * Answers go to a client in the ways that are registered for it, and to no other (OWASP ASVS 10.4.12), and to where it is registered now.
 */
export function restrictResponseModes(provider: Provider): void {
  const client = provider.Client.prototype as Client & ResponseModes;
  client.responseModeAllowed = function isRegistered(this: ResponseModes, mode, responseType) {
    // What is wrong with the response type is said by the check after this one.
    if (responseType === undefined || responseType.split(' ').some((type) => type !== 'code')) return true;
    if (mode !== undefined && this.responseModes.includes(mode)) return true;
    throw new errors.UnsupportedResponseMode('response_mode is not registered for this client');
  };
  provider.on('authorization.error', ({ oidc: { params, client: asking } }, error) => {
    // The address of an interaction has no parameters; the engine would answer to those that somebody adds to it.
    if (params === undefined) error.allow_redirect = false;
    if (params === undefined || asking === undefined) return;
    const { responseModes } = asking as unknown as ResponseModes;
    // The engine would use the mode that it refuses for its refusal, and for what it finds before it looks at the mode.
    if (!responseModes.includes(String(params.response_mode))) params.response_mode = undefined;
    // What was registered when the request came may have been removed while somebody signed in.
    if (!asking.redirectUriAllowed(String(params.redirect_uri))) error.allow_redirect = false;
  });
}
