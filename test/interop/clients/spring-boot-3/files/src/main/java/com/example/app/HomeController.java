package com.example.app;

import java.util.Map;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class HomeController {

  @GetMapping("/")
  String home() {
    return "home";
  }

  @GetMapping("/me")
  Map<String, Object> me(@AuthenticationPrincipal OidcUser user) {
    return Map.of(
        "issuer", user.getIssuer(),
        "subject", user.getSubject(),
        "name", user.getFullName(),
        "email", user.getEmail(),
        "claimsOfIdToken", user.getIdToken().getClaims().keySet(),
        "claimsOfUserinfo", user.getUserInfo() == null ? Map.of() : user.getUserInfo().getClaims());
  }
}
