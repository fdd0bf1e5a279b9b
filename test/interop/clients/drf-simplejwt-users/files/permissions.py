from rest_framework.permissions import BasePermission


class HasScope(BasePermission):
    """The access token has the scope that the view names in `required_scope`."""

    def has_permission(self, request, view):
        return request.auth is not None and view.required_scope in request.auth.get('scope', '').split()
