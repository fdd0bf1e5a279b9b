import NextAuth from 'next-auth';

export const authOptions = {
  providers: [
    {
      id: 'signet',
      name: 'Signet',
      type: 'oauth',
      wellKnown: 'https://login.example.com/.well-known/openid-configuration',
      authorization: { params: { scope: 'openid email profile' } },
      clientId: 'my-client-id',
      clientSecret: 'my-client-secret',
      idToken: true,
      checks: ['pkce', 'state'],
      profile(profile) {
        return { id: profile.sub, name: profile.name, email: profile.email, image: profile.picture ?? null };
      },
    },
  ],
};

export default NextAuth(authOptions);
