// Two identity providers on loopback, both the `oidc-provider` program:
//
// * one that speaks OpenID Connect with discovery, as Google does;
// * one that has GitHub's addresses: `/login/oauth/authorize`, `/login/oauth/access_token`, and below the same base the
//   API's `/user` and `/user/emails`.
//
// Anybody may sign in with any password; what is known about somebody follows from the name typed at the login form:
// `ann@example.com` has that address, verified; `unverified:ann@example.com` has it, not verified;
// `nomail:ann` has none. The subject is the name itself.
//
// Any address on loopback may be redirected to, because the server under test chooses its port only when it starts.
// The providers' addresses are printed as one line of JSON once both listen. Environment: CLIENT_ID, CLIENT_SECRET.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { CLIENT_ID = 'roster', CLIENT_SECRET = 'a secret of the tests' } = process.env;

function claimsOf(name) {
  const [kind, rest] = name.includes(':') ? name.split(/:(.*)/s) : ['verified', name];
  if (kind === 'nomail') return { name: rest };
  return { name: rest.split('@')[0], email: rest, email_verified: kind === 'verified' };
}

async function findAccount(_ctx, id) {
  return { accountId: id, claims: async () => ({ sub: id, ...claimsOf(id) }) };
}

const client = {
  client_id: CLIENT_ID,
  client_secret: CLIENT_SECRET,
  redirect_uris: ['http://127.0.0.1/'],
  grant_types: ['authorization_code'],
  response_types: ['code'],
};

const shared = {
  clients: [client],
  findAccount,
  cookies: { keys: ['a key of the tests'] },
  features: { devInteractions: { enabled: true } },
};

function anyLoopbackRedirect(provider) {
  provider.Client.prototype.redirectUriAllowed = (uri) => new URL(uri).hostname === '127.0.0.1';
  return provider;
}

async function listen(configure) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  server.on('request', configure(base));
  return base;
}

function google(base) {
  const provider = new Provider(base, {
    ...shared,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
  });
  return anyLoopbackRedirect(provider).callback();
}

function github(base) {
  const provider = new Provider(base, {
    ...shared,
    clients: [{ ...client, token_endpoint_auth_method: 'client_secret_post' }],
    scopes: ['read:user', 'user:email', 'user'],
    pkce: { required: () => false },
    routes: { authorization: '/login/oauth/authorize', token: '/login/oauth/access_token' },
  });
  const callback = anyLoopbackRedirect(provider).callback();
  return async (request, response) => {
    const { pathname } = new URL(request.url, base);
    if (pathname !== '/user' && pathname !== '/user/emails') {
      callback(request, response);
      return;
    }
    const [scheme, value] = (request.headers.authorization ?? '').split(' ');
    const token = /^(bearer|token)$/i.test(scheme) ? await provider.AccessToken.find(value) : undefined;
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(body));
    };
    // GitHub refuses callers that don't say who they are.
    if (!request.headers['user-agent']) return answer(403, { message: 'Request forbidden' });
    if (!token) return answer(401, { message: 'Bad credentials' });
    const { name, email, email_verified: verified } = claimsOf(token.accountId);
    if (pathname === '/user') {
      // GitHub's subject is a number; the address shown in the profile proves nothing and may be missing.
      const id = [...token.accountId].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 2 ** 31, 7);
      return answer(200, { id, login: name, name, email: null });
    }
    const other = { email: 'elsewhere@example.org', verified: true, primary: false, visibility: null };
    return answer(200, email ? [other, { email, verified, primary: true, visibility: 'private' }] : [other]);
  };
}

const addresses = { google: await listen(google), github: await listen(github) };
console.log(JSON.stringify(addresses));
