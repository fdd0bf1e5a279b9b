# Add to the settings of your project:

REST_FRAMEWORK = {
    'DEFAULT_AUTHENTICATION_CLASSES': ['rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication'],
    'DEFAULT_PERMISSION_CLASSES': ['permissions.HasScope'],
}

SIMPLE_JWT = {
    'ALGORITHM': 'RS256',
    'JWK_URL': 'https://login.example.com/jwks',
    'ISSUER': 'https://login.example.com',
    'AUDIENCE': 'https://orders.example.com',
    'USER_ID_CLAIM': 'sub',
    'TOKEN_TYPE_CLAIM': None,
}
