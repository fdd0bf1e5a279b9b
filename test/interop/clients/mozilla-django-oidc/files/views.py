from django.http import HttpResponse
from django.template import engines

PAGE = """
{% if user.is_authenticated %}
  <p>{{ user.email }}</p>
  <form action="{% url 'oidc_logout' %}" method="post">{% csrf_token %}<button>Sign out</button></form>
{% else %}
  <a href="{% url 'oidc_authentication_init' %}">Sign in</a>
{% endif %}
"""


def home(request):
    return HttpResponse(engines['django'].from_string(PAGE).render({'user': request.user}, request))
