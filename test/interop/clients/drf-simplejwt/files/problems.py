"""Prints what goes wrong with the token in the first argument: without TOKEN_TYPE_CLAIM, and with the class for users."""

import sys

import django

django.setup()

from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402
from rest_framework_simplejwt.settings import DEFAULTS, api_settings  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402


def print_error(call):
    try:
        call()
    except Exception as error:
        print(f'{type(error).__name__}: {error}')


token = sys.argv[1]
print_error(lambda: JWTAuthentication().get_user(AccessToken(token)))
api_settings.TOKEN_TYPE_CLAIM = DEFAULTS['TOKEN_TYPE_CLAIM']
print_error(lambda: AccessToken(token))
