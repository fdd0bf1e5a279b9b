from rest_framework.response import Response
from rest_framework.views import APIView


class Orders(APIView):
    required_scope = 'orders:read'

    def get(self, request):
        return Response({'id': request.user.pk, 'username': request.user.username})
