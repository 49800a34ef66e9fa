// Exceptions are classes of the SDK.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as sdk from "@aws-sdk/client-acm-pca";
import { activeRoot, bytes, create, csr, issueArn, NOBODY, send, templateArn } from "./steps.mjs";

let root, pending;

before(async () => {
  root = await activeRoot("Node Refusing Root");
  pending = await create("ROOT", "Node Refusing Pending");
});

const at = (arn) => ({ CertificateAuthorityArn: arn });

const cases = {
  ResourceNotFoundException: () => send(new sdk.DescribeCertificateAuthorityCommand(at(NOBODY))),
  InvalidArnException: () => send(new sdk.DescribeCertificateAuthorityCommand(at("arn:aws:s3:::bucket"))),
  InvalidStateException: () => send(new sdk.GetCertificateAuthorityCertificateCommand(at(pending))),
  InvalidArgsException: () => issueArn(root.arn, csr("www.example.com"), "NoSuchTemplate"),
  MalformedCSRException: () => issueArn(root.arn, bytes("none")),
  MalformedCertificateException: () =>
    send(new sdk.ImportCertificateAuthorityCertificateCommand({ ...at(pending), Certificate: bytes("none") })),
  CertificateMismatchException: () =>
    send(
      new sdk.ImportCertificateAuthorityCertificateCommand({
        ...at(pending),
        Certificate: bytes(root.certificate.toString()),
      }),
    ),
  InvalidNextTokenException: () => send(new sdk.ListCertificateAuthoritiesCommand({ NextToken: "none" })),
  InvalidPolicyException: () => send(new sdk.PutPolicyCommand({ ResourceArn: root.arn, Policy: "none" })),
  InvalidRequestException: () =>
    send(
      new sdk.RevokeCertificateCommand({
        ...at(root.arn),
        CertificateSerial: "none",
        RevocationReason: "UNSPECIFIED",
      }),
    ),
  InvalidTagException: () =>
    send(new sdk.TagCertificateAuthorityCommand({ ...at(root.arn), Tags: [{ Key: "aws:none" }] })),
  TooManyTagsException: async () => {
    for (const part of [1, 2]) {
      const Tags = Array.from({ length: 30 }, (_, number) => ({ Key: `key${part}-${number}` }));
      await send(new sdk.TagCertificateAuthorityCommand({ ...at(root.arn), Tags }));
    }
  },
  PermissionAlreadyExistsException: async () => {
    const permission = { ...at(root.arn), Principal: "acm.amazonaws.com", Actions: ["GetCertificate"] };
    await send(new sdk.CreatePermissionCommand(permission));
    await send(new sdk.CreatePermissionCommand(permission));
  },
};

for (const [name, provoke] of Object.entries(cases)) {
  test(name, async () => {
    await assert.rejects(provoke, (error) => {
      assert.ok(error instanceof sdk[name], `${error.name}: ${error.message}`);
      assert.ok(error instanceof sdk.ACMPCAServiceException);
      assert.equal(error.name, name);
      assert.equal(error.$fault, "client");
      assert.equal(error.$metadata.httpStatusCode, 400);
      assert.ok(error.$metadata.requestId);
      assert.ok(error.message);
      return true;
    });
  });
}

// Not in the model, so without a class of its own.
test("ValidationException", async () => {
  const issue = issueArn(root.arn, csr("www.example.com"), undefined, 0);
  await assert.rejects(issue, (error) => {
    assert.equal(error.name, "ValidationException");
    assert.equal(
      error.message,
      "1 validation error detected: Value '0' at 'validity.value' failed to satisfy constraint: " +
        "Member must have value greater than or equal to 1",
    );
    return true;
  });
});

test("the words for the wrong algorithm", async () => {
  const issue = send(
    new sdk.IssueCertificateCommand({
      ...at(root.arn),
      Csr: csr("www.example.com"),
      SigningAlgorithm: "SHA384WITHRSA",
      TemplateArn: templateArn("EndEntityCertificate"),
      Validity: { Value: 30, Type: "DAYS" },
    }),
  );
  await assert.rejects(issue, {
    name: "InvalidArgsException",
    message:
      "Signing algorithm SHA384WITHRSA cannot be used with key type EC_prime256v1. " +
      "Valid signing algorithms are: SHA256WITHECDSA, SHA384WITHECDSA, SHA512WITHECDSA.",
  });
});
