from django.http import HttpResponse
from django.template import engines

PAGE = """
{% if user.is_authenticated %}
  <p>{{ user.get_username }}, {{ user.get_full_name }}, {{ user.email }}</p>
{% else %}
  <form action="{% url 'social:begin' 'oidc' %}" method="post">{% csrf_token %}<button>Sign in</button></form>
{% endif %}
"""


def home(request):
    return HttpResponse(engines['django'].from_string(PAGE).render({'user': request.user}, request))
