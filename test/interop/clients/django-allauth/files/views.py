from allauth.socialaccount.models import SocialAccount
from django.http import JsonResponse


def home(request):
    if not request.user.is_authenticated:
        return JsonResponse({'user': None})
    account = SocialAccount.objects.get(user=request.user)
    return JsonResponse({
        'user': request.user.get_username(),
        'name': request.user.get_full_name(),
        'email': request.user.email,
        'provider': account.provider,
        'uid': account.uid,
    })
