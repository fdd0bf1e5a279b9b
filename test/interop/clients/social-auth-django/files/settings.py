# Add to the settings of your project:

INSTALLED_APPS = [
    'django.contrib.auth',
    'django.contrib.contenttypes',
    'django.contrib.sessions',
    'social_django',
]

AUTHENTICATION_BACKENDS = [
    'social_core.backends.open_id_connect.OpenIdConnectAuth',
    'django.contrib.auth.backends.ModelBackend',
]

SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = 'https://login.example.com'
SOCIAL_AUTH_OIDC_KEY = 'my-client-id'
SOCIAL_AUTH_OIDC_SECRET = 'my-client-secret'

LOGIN_REDIRECT_URL = '/'
