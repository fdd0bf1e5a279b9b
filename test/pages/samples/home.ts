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
  'home-apps': [
    'home',
    {
      person: { username: 'alice', name: 'Alice Liddell' },
      apps: [
        {
          name: 'The Shop',
          initial: 'T',
          url: 'https://shop.example.com/login?iss=https%3A%2F%2Fid.example.com',
          host: 'shop.example.com',
        },
        { name: 'wiki', initial: 'W', url: 'https://wiki.example.com/', host: 'wiki.example.com' },
        {
          name: 'An application whose name is as long as its operator wanted it to be, and a bit longer',
          initial: 'A',
          url: 'https://a-very-long-subdomain-of-a-very-long-host.department.example.com/',
          host: 'a-very-long-subdomain-of-a-very-long-host.department.example.com',
        },
        { name: 'A tool on this device', initial: 'A' },
      ],
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
