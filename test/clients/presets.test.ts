import assert from 'node:assert/strict';
import { ClientError } from '../../src/clients/errors.ts';
import { fillSettings, findPreset, presetMetadata } from '../../src/clients/presets.ts';

describe('A preset', () => {
  const preset = {
    title: 'A client',
    metadata: { grant_types: ['authorization_code', 'refresh_token'] },
    redirectPaths: ['/callback', '/silent'],
    postLogoutPaths: [''],
    settings: ['issuer = {issuer}', 'id = {client_id}, secret = {client_secret}'],
  };

  const problemsOf = (run: () => unknown): readonly string[] => {
    try {
      run();
    } catch (error) {
      if (error instanceof ClientError) return error.problems;
    }
    return [];
  };

  it('makes metadata for the address of an application, with or without a slash at its end', () => {
    for (const url of ['https://app.example/base', 'https://app.example/base/']) {
      assert.deepEqual(presetMetadata(preset, url), {
        redirect_uris: ['https://app.example/base/callback', 'https://app.example/base/silent'],
        post_logout_redirect_uris: ['https://app.example/base'],
        grant_types: ['authorization_code', 'refresh_token'],
      });
    }
  });

  it('leaves the redirect URIs out without an address', () => {
    assert.deepEqual(presetMetadata(preset, undefined), preset.metadata);
  });

  it('refuses an address that is not of an application', () => {
    for (const url of [
      'app.example',
      'ftp://app.example',
      'https://app.example/?a=b',
      'https://app.example/#a',
    ]) {
      assert.deepEqual(
        problemsOf(() => presetMetadata(preset, url)),
        ['app-url: expected the address of the application, like https://app.example.com'],
        url,
      );
    }
  });

  it('keeps the name of a value that is unknown in its settings', () => {
    const values = {
      issuer: 'https://login.example',
      client_id: '$&',
      client_secret: undefined,
      app_url: undefined,
    };
    assert.deepEqual(fillSettings(preset, values), [
      'issuer = https://login.example',
      'id = $&, secret = {client_secret}',
    ]);
  });

  it('is found by its name, and a misspelt name gets the nearest one', () => {
    assert.equal(findPreset('openid-client').title, 'openid-client 6');
    assert.deepEqual(
      problemsOf(() => findPreset('openid-cleint')),
      ['preset: there is no openid-cleint; did you mean openid-client?'],
    );
    for (const name of ['constructor', '__proto__', 'x']) {
      assert.match(
        problemsOf(() => findPreset(name))[0] ?? '',
        /^preset: there is no \S+; the presets are auth-js, /,
      );
    }
  });
});
