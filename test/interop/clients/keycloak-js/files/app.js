import Keycloak from '/keycloak.js';

const keycloak = new Keycloak({
  oidcProvider: 'https://login.example.com',
  clientId: 'my-client-id',
});

const result = document.getElementById('result');
const show = async () => {
  const { token } = keycloak;
  result.textContent = JSON.stringify(
    token === undefined ? null : { token, user: await keycloak.loadUserInfo() },
  );
};
const redirectUri = 'https://app.example.com/';

await keycloak.init({ scope: 'openid profile email orders:read', checkLoginIframe: false });
document.getElementById('login').onclick = () => keycloak.login({ redirectUri });
document.getElementById('logout').onclick = () => keycloak.logout({ redirectUri });
await show();
