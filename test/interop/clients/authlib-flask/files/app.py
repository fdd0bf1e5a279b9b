from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for

app = Flask(__name__)
app.secret_key = 'replace-me-with-a-random-value'

oauth = OAuth(app)
oauth.register(
    name='signet',
    client_id='my-client-id',
    client_secret='my-client-secret',
    server_metadata_url='https://login.example.com/.well-known/openid-configuration',
    client_kwargs={'scope': 'openid email profile offline_access'},
)

tokens = {}  # by person; a real application has a database


@app.route('/')
def home():
    return session.get('user', {})


@app.route('/login')
def login():
    return oauth.signet.authorize_redirect(url_for('auth', _external=True))


@app.route('/auth')
def auth():
    token = oauth.signet.authorize_access_token()
    session['user'] = token['userinfo']
    tokens[session['user']['sub']] = token
    return redirect('/')


@app.route('/profile')
def profile():
    return oauth.signet.userinfo(token=tokens[session['user']['sub']])


@app.route('/refresh')
def refresh():
    token = tokens[session['user']['sub']]
    token.update(oauth.signet.fetch_access_token(grant_type='refresh_token', refresh_token=token['refresh_token']))
    return {'scope': token['scope']}


@app.route('/logout')
def logout():
    token = tokens.pop(session.pop('user')['sub'])
    return oauth.signet.logout_redirect(url_for('home', _external=True), id_token_hint=token['id_token'])
