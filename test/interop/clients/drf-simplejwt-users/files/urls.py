from django.urls import path

from views import Tickets

urlpatterns = [path('tickets', Tickets.as_view())]
