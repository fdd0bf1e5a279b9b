package com.example.app;

import java.util.Map;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class ShipmentController {

  @GetMapping("/shipments")
  Map<String, Object> read(@AuthenticationPrincipal Jwt token) {
    return Map.of("subject", token.getSubject(), "scope", token.getClaimAsString("scope"));
  }
}
