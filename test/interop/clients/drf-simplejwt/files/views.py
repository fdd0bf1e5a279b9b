from rest_framework.response import Response
from rest_framework.views import APIView


class Orders(APIView):
    required_scope = 'orders:read'

    def get(self, request):
        return Response({'user': request.user.id, 'client': request.auth['client_id']})
