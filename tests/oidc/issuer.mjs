// issuer.mjs PORT REDIRECT_URI...: a real OpenID Connect issuer (oidc-provider) on 127.0.0.1 for tests/http/test_oidc.py,
// which answers "ready" on its standard output. Beside what every issuer does it takes orders, as no issuer should:
//   PUT  /control/account/{sub}   the claims of a person
//   POST /control/rotate          new signing keys; the old ones are not published any more
//   POST /control/token           a token with any header and claims, signed with the key that is named: "RS256" or
//                                 "ES256" (its own), "stranger" (RS256 under the own key's name), "hmac" (HS256 with the
//                                 public key as secret) or "none"; a kid of "ES256" is the name that key has
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import Provider from 'oidc-provider';

const [port, ...redirectUris] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const api = 'urn:reelvault';
const accounts = new Map();
let keys;
let provider;

async function makeKeys(generation) {
  const made = {};
  for (const alg of ['RS256', 'ES256']) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const kid = `${alg.toLowerCase()}-${generation}`;
    made[alg] = { publicKey, privateKey, kid, jwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' } };
  }
  return made;
}

async function start(generation) {
  keys = await makeKeys(generation);
  provider = new Provider(issuer, {
    clients: [
      { client_id: 'reelvault', client_secret: 'between us', redirect_uris: redirectUris },
      {
        client_id: 'robot',
        client_secret: 'a robot',
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    jwks: { keys: [keys.RS256.jwk, keys.ES256.jwk] },
    cookies: { keys: ['of the tests'] },
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username', 'groups', 'roles'],
      email: ['email', 'email_verified'],
    },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: id, ...accounts.get(id) }),
    }),
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_, client) => (client.clientId === 'robot' ? api : undefined),
        getResourceServerInfo: () => ({ scope: 'api', audience: api, accessTokenFormat: 'jwt' }),
      },
    },
    pkce: { required: () => true },
  });
}

async function makeToken({ header = {}, claims = {}, key = 'RS256' }) {
  const at = Math.floor(Date.now() / 1000);
  const body = { iss: issuer, aud: api, iat: at, exp: at + 300, ...claims };
  for (const name of Object.keys(body)) if (body[name] === null) delete body[name];
  const own = keys[key] ?? keys.RS256;
  const fields = { alg: key === 'ES256' ? 'ES256' : 'RS256', typ: 'at+jwt', kid: own.kid, ...header };
  if (fields.kid in keys) fields.kid = keys[fields.kid].kid;
  if (key === 'RS256' || key === 'ES256') return new SignJWT(body).setProtectedHeader(fields).sign(own.privateKey);
  if (key === 'stranger') {
    const { privateKey } = await generateKeyPair('RS256');
    return new SignJWT(body).setProtectedHeader(fields).sign(privateKey);
  }
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ ...fields, alg: key === 'none' ? 'none' : 'HS256' })}.${encode(body)}`;
  if (key === 'none') return `${signed}.`;
  const mac = createHmac('sha256', await exportSPKI(keys.RS256.publicKey)).update(signed);
  return `${signed}.${mac.digest('base64url')}`;
}

async function order(request, path) {
  let text = '';
  for await (const piece of request) text += piece;
  const body = text ? JSON.parse(text) : {};
  if (path.startsWith('/control/account/')) return accounts.set(path.slice('/control/account/'.length), body) && {};
  if (path === '/control/rotate') return (await start(Date.now())) ?? {};
  return { token: await makeToken(body) };
}

await start(Date.now());
createServer((request, response) => {
  const { pathname } = new URL(request.url, issuer);
  if (!pathname.startsWith('/control/')) return provider.callback()(request, response);
  order(request, pathname).then(
    (answer) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer)),
    (error) => response.writeHead(500).end(String(error)),
  );
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
