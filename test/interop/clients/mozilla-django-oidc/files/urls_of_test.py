from django.urls import path
from mozilla_django_oidc.views import OIDCAuthenticationRequestView

from urls import urlpatterns


def sign_in(scope):
    class SignIn(OIDCAuthenticationRequestView):
        def get_extra_params(self, request):
            return {'scope': scope}

    return SignIn.as_view()


urlpatterns = [
    *urlpatterns,
    path('sign-in-with-api', sign_in('openid profile email orders:read')),
    path('sign-in-without-email', sign_in('openid profile')),
]
