from django.contrib.auth import get_user_model
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed


class SignetAuthentication(JWTAuthentication):
    """The user of Django whose username is the `sub` of the access token. The first request creates it."""

    def get_user(self, validated_token):
        subject = validated_token['sub']
        # A program's `sub` is its client_id, which could be the username of somebody else.
        if subject == validated_token['client_id']:
            raise AuthenticationFailed('The token is not of a person', code='no_person')
        email = validated_token.get('email', '')
        user, created = get_user_model().objects.get_or_create(username=subject)
        if created:
            user.set_unusable_password()
        if created or user.email != email:
            user.email = email
            user.save(update_fields=['email', 'password'])
        if not user.is_active:
            raise AuthenticationFailed('User is inactive', code='user_inactive')
        return user
