from urllib.parse import urlencode


def signet_logout(request):
    parameters = {
        'id_token_hint': request.session['oidc_id_token'],
        'post_logout_redirect_uri': request.build_absolute_uri('/'),
    }
    return 'https://login.example.com/logout?' + urlencode(parameters)
