// Signed calls over TLS, to a service that knows its callers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACMPCAClient, ListCertificateAuthoritiesCommand, ListTagsCommand } from "@aws-sdk/client-acm-pca";
import { NOBODY } from "./steps.mjs";

const endpoint = process.env.ACM_PCA_SIGNED_ENDPOINT;
const options = { skip: endpoint ? false : "only with a service that ./run has started" };

function client(more = {}) {
  const credentials = {
    accessKeyId: process.env.ACM_PCA_SIGNED_KEY,
    secretAccessKey: process.env.ACM_PCA_SIGNED_SECRET,
    ...more.credentials,
  };
  return new ACMPCAClient({ endpoint, region: "us-west-2", maxAttempts: 1, ...more, credentials });
}

const list = (client) => client.send(new ListCertificateAuthoritiesCommand({}));

async function refused(name, call, status = 400) {
  await assert.rejects(call, (error) => {
    assert.equal(error.name, name);
    assert.equal(error.$metadata.httpStatusCode, status);
    return true;
  });
}

test("who is known is answered", options, async () => {
  assert.ok(Array.isArray((await list(client())).CertificateAuthorities));
});

test("authorities of other accounts are denied", options, async () => {
  const call = client().send(new ListTagsCommand({ CertificateAuthorityArn: NOBODY }));
  await refused("AccessDeniedException", call, 403);
});

test("a wrong secret", options, async () => {
  await refused("InvalidSignatureException", list(client({ credentials: { secretAccessKey: "another" } })));
});

test("an unknown key", options, async () => {
  await refused("UnrecognizedClientException", list(client({ credentials: { accessKeyId: "AKIAUNKNOWN" } })));
});

test("another region", options, async () => {
  await refused("InvalidSignatureException", list(client({ region: "eu-central-1" })));
});

test("a clock that is an hour off is refused, and corrected by who tries again", options, async () => {
  for (const systemClockOffset of [-3_600_000, 3_600_000]) {
    await refused("InvalidSignatureException", list(client({ systemClockOffset })));
    assert.ok((await list(client({ systemClockOffset, maxAttempts: 3 }))).CertificateAuthorities);
  }
});
