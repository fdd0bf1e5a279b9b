from rest_framework.response import Response
from rest_framework.views import APIView


class Orders(APIView):
    required_scope = 'orders:read'

    def get(self, request):
        user = request.user
        return Response({'id': user.pk, 'username': user.username, 'password': user.has_usable_password()})
