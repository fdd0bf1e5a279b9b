// What kube-apiserver does with --authentication-config: decodes and validates the file, and makes an authenticator of each entry.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/token/union"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

func main() {
	configuration, err := load("authentication-config.yaml")
	if err != nil {
		log.Fatal(err)
	}
	compiler := cel.NewDefaultCompiler()
	if err := validation.ValidateAuthenticationConfiguration(compiler, configuration, nil).ToAggregate(); err != nil {
		log.Fatal(err)
	}
	var authenticators []authenticator.Token
	for _, entry := range configuration.JWT {
		token, err := newAuthenticator(compiler, entry)
		if err != nil {
			log.Fatal(err)
		}
		authenticators = append(authenticators, token)
	}
	requests := bearertoken.New(union.New(authenticators...))
	http.HandleFunc("/whoami", func(w http.ResponseWriter, r *http.Request) { whoAmI(w, r, requests) })
	log.Fatal(http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil))
}

func load(path string) (*apiserver.AuthenticationConfiguration, error) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	configuration := &apiserver.AuthenticationConfiguration{}
	return configuration, runtime.DecodeInto(codecs.UniversalDecoder(), data, configuration)
}

// newAuthenticator waits until the authenticator has the keys of the issuer.
func newAuthenticator(compiler cel.Compiler, entry apiserver.JWTAuthenticator) (authenticator.Token, error) {
	options := oidc.Options{
		JWTAuthenticator:     entry,
		Compiler:             compiler,
		SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(),
	}
	if authority := entry.Issuer.CertificateAuthority; authority != "" {
		content, err := dynamiccertificates.NewStaticCAContent("oidc-authenticator", []byte(authority))
		if err != nil {
			return nil, err
		}
		options.CAContentProvider = content
	}
	token, err := oidc.New(context.Background(), options)
	for err == nil && token.HealthCheck() != nil {
		time.Sleep(100 * time.Millisecond)
	}
	return token, err
}

// whoAmI answers like `kubectl auth whoami`.
func whoAmI(w http.ResponseWriter, r *http.Request, requests authenticator.Request) {
	w.Header().Set("Content-Type", "application/json")
	response, ok, err := requests.AuthenticateRequest(r)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		json.NewEncoder(w).Encode(err.Error())
		return
	}
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		json.NewEncoder(w).Encode("no token, or none of this issuer")
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"username": response.User.GetName(), "groups": response.User.GetGroups()})
}
