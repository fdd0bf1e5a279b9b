from rest_framework.response import Response
from rest_framework.views import APIView


class Tickets(APIView):
    required_scope = 'tickets:read'

    def get(self, request):
        user = request.user
        return Response({'id': user.pk, 'username': user.username, 'email': user.email})
