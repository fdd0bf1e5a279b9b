from django.urls import include, path

from views import home

urlpatterns = [
    path('', home),
    path('', include('social_django.urls', namespace='social')),
]
