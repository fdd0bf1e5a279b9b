import { type Client, errors, Provider } from 'oidc-provider';

interface ResponseModes {
  responseModes: readonly string[];
  responseModeAllowed(mode: string | undefined, responseType: string | undefined): boolean;
}

/**
 * Answers go to a client in the ways that are registered for it, and to no other (OWASP ASVS 10.4.12). The engine would use the mode
 * that it refuses for its refusal.
 */
export function restrictResponseModes(provider: Provider): void {
  const client = provider.Client.prototype as Client & ResponseModes;
  client.responseModeAllowed = function isRegistered(this: ResponseModes, mode, responseType) {
    // What is wrong with the response type is said by the check after this one.
    if (responseType === undefined || responseType.split(' ').some((type) => type !== 'code')) return true;
    if (mode !== undefined && this.responseModes.includes(mode)) return true;
    const { params } = Provider.ctx?.oidc ?? {};
    if (params !== undefined) params.response_mode = undefined;
    throw new errors.UnsupportedResponseMode('response_mode is not registered for this client');
  };
}
