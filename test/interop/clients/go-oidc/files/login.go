package main

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type login struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	config   oauth2.Config

	// One person at a time; a real application keeps these in the session of the browser.
	token   *oauth2.Token
	idToken string
}

func (l *login) start(w http.ResponseWriter, r *http.Request) {
	state, nonce := rand.Text(), rand.Text()
	setCookie(w, r, "state", state)
	setCookie(w, r, "nonce", nonce)
	http.Redirect(w, r, l.config.AuthCodeURL(state, oidc.Nonce(nonce)), http.StatusFound)
}

func (l *login) callback(w http.ResponseWriter, r *http.Request) {
	state, err := r.Cookie("state")
	if err != nil || r.URL.Query().Get("state") != state.Value {
		http.Error(w, "state did not match", http.StatusBadRequest)
		return
	}
	token, err := l.config.Exchange(r.Context(), r.URL.Query().Get("code"))
	if err != nil {
		http.Error(w, "Failed to exchange token: "+err.Error(), http.StatusInternalServerError)
		return
	}
	rawIDToken, ok := token.Extra("id_token").(string)
	if !ok {
		http.Error(w, "No id_token field in oauth2 token.", http.StatusInternalServerError)
		return
	}
	idToken, err := l.verifier.Verify(r.Context(), rawIDToken)
	if err != nil {
		http.Error(w, "Failed to verify ID Token: "+err.Error(), http.StatusInternalServerError)
		return
	}
	nonce, err := r.Cookie("nonce")
	if err != nil || idToken.Nonce != nonce.Value {
		http.Error(w, "nonce did not match", http.StatusBadRequest)
		return
	}
	l.token, l.idToken = token, rawIDToken
	claims := map[string]any{}
	idToken.Claims(&claims)
	writeJSON(w, claims)
}

func (l *login) profile(w http.ResponseWriter, r *http.Request) {
	userInfo, err := l.provider.UserInfo(r.Context(), oauth2.StaticTokenSource(l.token))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	claims := map[string]any{}
	userInfo.Claims(&claims)
	writeJSON(w, claims)
}

// oauth2 refreshes by itself a token that has expired. Here the access token is left out, to see it.
func (l *login) refresh(w http.ResponseWriter, r *http.Request) {
	expired := &oauth2.Token{RefreshToken: l.token.RefreshToken}
	token, err := l.config.TokenSource(r.Context(), expired).Token()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	changed := token.AccessToken != l.token.AccessToken
	l.token = token
	writeJSON(w, changed)
}

func (l *login) logout(w http.ResponseWriter, r *http.Request) {
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := l.provider.Claims(&metadata); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	parameters := url.Values{"id_token_hint": {l.idToken}, "post_logout_redirect_uri": {appURL + "/"}}
	http.Redirect(w, r, metadata.EndSession+"?"+parameters.Encode(), http.StatusFound)
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, MaxAge: 3600, Secure: r.TLS != nil, HttpOnly: true})
}
