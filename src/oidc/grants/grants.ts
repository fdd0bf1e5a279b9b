/** The grants of the token endpoint, exported under their grant types: one for each row of `clients/grant-types.ts`. */

export { authorizationCode as authorization_code } from './authorization-code.ts';
export { implicit } from './implicit.ts';
export { refreshToken as refresh_token } from './refresh-token.ts';
export { clientCredentials as client_credentials } from './client-credentials.ts';
