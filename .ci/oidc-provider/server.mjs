// The certified provider of the tests: logs in whomever the address /as/NAME said last, and asks nobody anything.
// /gone/NAME forgets somebody, /known/NAME knows them again, /revoke/NAME takes back what their logins gave.
//
//   node server.mjs LIBRARY PORT REDIRECT_URI CLIENT SECRET
import { createServer } from "node:http";

const [library, port, redirect, client, secret] = process.argv.slice(2);
const { default: Provider } = await import(library);
let person = "carol";
const gone = new Set();
const grants = [];

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: client,
      client_secret: secret,
      redirect_uris: [redirect],
      grant_types: ["authorization_code", "refresh_token"],
    },
  ],
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true, methods: ["S256"] },
  scopes: ["openid", "email", "profile", "address", "offline_access"],
  rotateRefreshToken: true,
  claims: {
    address: ["address"],
    email: ["email", "email_verified"],
    profile: ["name", "preferred_username"],
  },
  findAccount: (_, id) =>
    gone.has(id)
      ? undefined
      : {
          accountId: id,
          claims: () => ({
            sub: id,
            email: `${id}@id.example`,
            email_verified: true,
            name: `${id} <Certified>`,
            preferred_username: id,
          }),
        },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile address offline_access");
    grants.push([grant.accountId, await grant.save()]);
    return grant;
  },
});

const answer = provider.callback();
createServer(async (request, response) => {
  const [, word, name] = request.url.split("/");
  if (word === "as") {
    person = name;
    response.end("ok");
  } else if (word === "gone" || word === "known") {
    word === "gone" ? gone.add(name) : gone.delete(name);
    response.end("ok");
  } else if (word === "revoke") {
    for (const [owner, id] of grants) {
      if (owner === name) await provider.RefreshToken.revokeByGrantId(id);
    }
    response.end("ok");
  } else if (request.url.startsWith("/interaction/")) {
    await provider.interactionFinished(request, response, {
      login: { accountId: person },
      consent: {},
    });
  } else {
    answer(request, response);
  }
}).listen(Number(port), "127.0.0.1");
