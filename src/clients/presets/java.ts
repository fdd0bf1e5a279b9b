import type { Preset } from './preset.ts';

/** Presets of software in Java. */

const LOGIN: Omit<Preset, 'title'> = {
  redirectPaths: ['/login/oauth2/code/signet'],
  postLogoutPaths: [''],
  settings: [
    'spring:',
    '  security:',
    '    oauth2:',
    '      client:',
    '        registration:',
    '          signet:',
    '            client-id: {client_id}',
    '            client-secret: {client_secret}',
    '            scope: openid, profile, email',
    '        provider:',
    '          signet:',
    '            issuer-uri: {issuer}',
  ],
};

const API: Omit<Preset, 'title'> = {
  role: 'api',
  settings: [
    'spring:',
    '  security:',
    '    oauth2:',
    '      resourceserver:',
    '        jwt:',
    '          issuer-uri: {issuer}',
  ],
};

export const JAVA_PRESETS: Readonly<Record<string, Preset>> = {
  'spring-boot': { title: 'Spring Boot 4', ...LOGIN },
  'spring-boot-3': { title: 'Spring Boot 3', ...LOGIN },
  'spring-boot-api': { title: 'Spring Boot 4 as a resource server', ...API },
  'spring-boot-3-api': { title: 'Spring Boot 3 as a resource server', ...API },
};
