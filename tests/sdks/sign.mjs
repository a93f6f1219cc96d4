// sign: webhooks as the senders' SDKs in JavaScript sign them; the same as sign.py, which says what goes in and comes out.
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import * as jose from "jose";
import { Webhook as Standard } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as Svix } from "svix";

const now = Number(process.argv[2]);
const bodies = JSON.parse(readFileSync(0, "utf8"));
const pins = JSON.parse(readFileSync("package.json", "utf8")).dependencies;

const put = (sdk, scheme, secret, headers, body) =>
	console.log(JSON.stringify({
		sdk: `${sdk} ${pins[sdk]}`,
		scheme,
		secret,
		request: { method: "POST", url: "https://hooks.example.com/in/7", headers, body },
	}));

const standard = (sdk, Webhook, names, body) => {
	const secret = "whsec_dGlkZWdhdGUgdGVzdHMgc2lnbmF0dXJlcw==";
	const id = `msg_${sdk}_${bodies.indexOf(body)}`;
	put(sdk, "standard-webhooks-v1", secret, {
		[`${names}-id`]: id,
		[`${names}-timestamp`]: String(now),
		[`${names}-signature`]: new Webhook(secret).sign(id, new Date(now * 1000), body),
	}, body);
};

const keys = await jose.generateKeyPair("ES256", { extractable: true });
const jwk = JSON.stringify({ ...(await jose.exportJWK(keys.publicKey)), kid: "pinned", alg: "ES256", use: "sig" });

for (const body of bodies) {
	const github = "It's a Secret to Everybody";
	put("@octokit/webhooks-methods", "github-sha256", github, { "X-Hub-Signature-256": await sign(github, body) }, body);

	const stripe = "whsec_test_of_tidegate";
	const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: stripe, timestamp: now });
	put("stripe", "stripe-v1", stripe, { "Stripe-Signature": header }, body);

	standard("standardwebhooks", Standard, "webhook", body);
	standard("svix", Svix, "svix", body);

	const token = await new jose.SignJWT({ request_body_sha256: createHash("sha256").update(body).digest("hex") })
		.setProtectedHeader({ alg: "ES256", kid: "pinned", typ: "JWT" }).setIssuedAt(now).sign(keys.privateKey);
	put("jose", "plaid-jwt-es256", jwk, { "Plaid-Verification": token }, body);
}
