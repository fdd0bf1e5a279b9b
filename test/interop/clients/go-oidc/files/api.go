package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// requireToken verifies the access token of a request to the API. ClientID is the expected audience.
func requireToken(provider *oidc.Provider, scope string, next http.Handler) http.Handler {
	verifier := provider.Verifier(&oidc.Config{ClientID: "https://orders.example.com"})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rawToken, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := verifier.Verify(r.Context(), rawToken)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		var claims struct {
			Scope string `json:"scope"`
		}
		if err := token.Claims(&claims); err != nil || !slices.Contains(strings.Fields(claims.Scope), scope) {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope="%s"`, scope))
			http.Error(w, "the token has not the scope "+scope, http.StatusForbidden)
			return
		}
		w.Header().Set("X-Subject", token.Subject)
		next.ServeHTTP(w, r)
	})
}

func orders(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, map[string]any{"orders": []string{"book"}, "sub": w.Header().Get("X-Subject")})
}
