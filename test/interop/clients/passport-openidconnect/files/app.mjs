import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

const app = express();
app.use(session({ secret: 'a long random string', resave: false, saveUninitialized: false }));
app.use(passport.session());
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

passport.use(
  new OpenIDConnectStrategy(
    {
      issuer: 'https://login.example.com',
      authorizationURL: 'https://login.example.com/authorize',
      tokenURL: 'https://login.example.com/token',
      userInfoURL: 'https://login.example.com/userinfo',
      clientID: 'my-client-id',
      clientSecret: 'my-client-secret',
      callbackURL: 'https://app.example.com/cb',
      scope: ['profile', 'email'],
      nonce: true,
    },
    function verify(issuer, profile, done) {
      // Find or create the user by issuer and profile.id.
      return done(null, { issuer, ...profile });
    },
  ),
);

app.get('/login', passport.authenticate('openidconnect'));
app.get(
  '/cb',
  passport.authenticate('openidconnect', { failureRedirect: '/failed', failureMessage: true }),
  (_, response) => response.redirect('/'),
);
app.get('/failed', (request, response) => response.json(request.session.messages));
app.get('/', (request, response) => response.json(request.user ?? null));
app.listen(process.env.PORT ?? 8080);
