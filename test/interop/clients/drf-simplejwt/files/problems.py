"""Prints what goes wrong with the token in the first argument: without TOKEN_TYPE_CLAIM, and with the class for users."""

import copy
import sys

import django
from django.conf import settings
from django.test import override_settings

django.setup()

from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402

token = sys.argv[1]
defaults = copy.copy(settings.SIMPLE_JWT)
del defaults['TOKEN_TYPE_CLAIM']
try:
    with override_settings(SIMPLE_JWT=defaults):
        AccessToken(token)
except Exception as error:
    print(error)
try:
    JWTAuthentication().get_user(AccessToken(token))
except Exception as error:
    print(f'{type(error).__name__}: {error}')
