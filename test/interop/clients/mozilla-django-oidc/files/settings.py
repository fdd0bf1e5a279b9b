# Add to the settings of your project:

INSTALLED_APPS = [
    'django.contrib.auth',
    'django.contrib.contenttypes',
    'django.contrib.sessions',
    'mozilla_django_oidc',  # after auth
]

AUTHENTICATION_BACKENDS = ['mozilla_django_oidc.auth.OIDCAuthenticationBackend']

OIDC_RP_CLIENT_ID = 'my-client-id'
OIDC_RP_CLIENT_SECRET = 'my-client-secret'
OIDC_RP_SCOPES = 'openid email profile'
OIDC_RP_SIGN_ALGO = 'RS256'
OIDC_OP_JWKS_ENDPOINT = 'https://login.example.com/jwks'
OIDC_OP_AUTHORIZATION_ENDPOINT = 'https://login.example.com/authorize'
OIDC_OP_TOKEN_ENDPOINT = 'https://login.example.com/token'
OIDC_OP_USER_ENDPOINT = 'https://login.example.com/userinfo'

LOGIN_REDIRECT_URL = '/'
LOGOUT_REDIRECT_URL = '/'

# Sign-out ends the session at Signet too.
OIDC_STORE_ID_TOKEN = True
OIDC_OP_LOGOUT_URL_METHOD = 'logout.signet_logout'
