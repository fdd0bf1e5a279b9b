import type { Sample } from '../../browser/page-samples.ts';

export const samples: Readonly<Record<string, Sample>> = {
  home: [
    'home',
    {
      issuer: 'https://id.example.com',
      documents: [
        { label: 'Discovery', url: 'https://id.example.com/.well-known/openid-configuration' },
        { label: 'Signing keys', url: 'https://id.example.com/jwks' },
      ],
    },
  ],
  'home-signed-in': [
    'home',
    {
      person: { username: 'alice', name: 'Alice Liddell' },
      issuer: 'https://id.example.com',
      documents: [],
    },
  ],
  'home-development': [
    'home',
    {
      person: { username: 'alice', name: 'Alice Liddell' },
      issuer: 'http://localhost:3000',
      documents: [
        { label: 'Discovery', url: 'http://localhost:3000/.well-known/openid-configuration' },
        { label: 'Signing keys', url: 'http://localhost:3000/jwks' },
      ],
      sampleApp: 'http://localhost:3002/',
      demo: [
        { label: 'Account', name: 'alice', secret: 'wonderland-tea-party' },
        { label: 'Sample App', name: 'demo-web', secret: 'demo-web-secret' },
        { label: 'Sample Machine', name: 'demo-machine', secret: 'demo-machine-secret' },
      ],
    },
  ],
};
