package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	issuer       = "https://login.example.com"
	clientID     = "my-client-id"
	clientSecret = "my-client-secret"
	appURL       = "https://app.example.com"
)

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		log.Fatal(err)
	}
	login := &login{
		provider: provider,
		verifier: provider.Verifier(&oidc.Config{ClientID: clientID}),
		config: oauth2.Config{
			ClientID:     clientID,
			ClientSecret: clientSecret,
			Endpoint:     provider.Endpoint(),
			RedirectURL:  appURL + "/auth/callback",
			Scopes:       []string{oidc.ScopeOpenID, "profile", "email"},
		},
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, "home") })
	http.HandleFunc("/login", login.start)
	http.HandleFunc("/auth/callback", login.callback)
	http.HandleFunc("/profile", login.profile)
	http.HandleFunc("/refresh", login.refresh)
	http.HandleFunc("/logout", login.logout)
	http.Handle("/orders", requireToken(provider, "orders:read", http.HandlerFunc(orders)))
	log.Fatal(http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil))
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
