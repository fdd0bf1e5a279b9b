from django.urls import path
from mozilla_django_oidc.views import OIDCAuthenticationRequestView

from urls import urlpatterns


class SignInWithApi(OIDCAuthenticationRequestView):
    def get_extra_params(self, request):
        return {'scope': 'openid profile email orders:read'}


urlpatterns = [*urlpatterns, path('sign-in-with-api', SignInWithApi.as_view())]
