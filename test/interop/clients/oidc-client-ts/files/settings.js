/* global oidc */
const manager = new oidc.UserManager({
  authority: 'https://login.example.com',
  client_id: 'my-client-id',
  redirect_uri: 'https://app.example.com/callback.html',
  post_logout_redirect_uri: 'https://app.example.com/',
  scope: 'openid profile email offline_access orders:read',
  loadUserInfo: true,
  revokeTokensOnSignout: true,
});
