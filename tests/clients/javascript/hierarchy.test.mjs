// Three levels, from the first authority to a certificate that Node accepts.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { before, test } from "node:test";
import { DescribeCertificateAuthorityCommand, GetCertificateAuthorityCertificateCommand } from "@aws-sdk/client-acm-pca";
import { activeRoot, certificates, create, csr, install, issue, send } from "./steps.mjs";

const describe = async (arn) =>
  (await send(new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: arn }))).CertificateAuthority;

let root, policy, issuing;

before(async () => {
  root = await activeRoot("Node Root");
  const policyArn = await create("SUBORDINATE", "Node Policy");
  policy = { arn: policyArn, certificate: await install(policyArn, root.arn, "SubordinateCACertificate_PathLen1", 1825) };
  const issuingArn = await create("SUBORDINATE", "Node Issuing");
  issuing = { arn: issuingArn, certificate: await install(issuingArn, policyArn, "SubordinateCACertificate_PathLen0", 900) };
});

test("a pending authority", async () => {
  const pending = await create("ROOT", "Node Pending");
  assert.equal((await describe(pending)).Status, "PENDING_CERTIFICATE");
});

test("dates are dates", async () => {
  const described = await describe(issuing.arn);
  assert.equal(described.Status, "ACTIVE");
  for (const member of ["CreatedAt", "LastStateChangeAt", "NotBefore", "NotAfter"]) {
    assert.ok(described[member] instanceof Date, member);
    assert.ok(!Number.isNaN(described[member].getTime()), member);
  }
  assert.ok(Math.abs(described.CreatedAt - Date.now()) < 3_600_000);
  assert.equal(described.NotAfter.getTime(), Date.parse(issuing.certificate.validTo));
  assert.equal(described.NotBefore.getTime(), Date.parse(issuing.certificate.validFrom));
  assert.equal(BigInt(`0x${described.Serial.replaceAll(":", "")}`), BigInt(`0x${issuing.certificate.serialNumber}`));
  assert.equal(described.CertificateAuthorityConfiguration.SigningAlgorithm, "SHA256WITHECDSA");
});

test("a certificate and its chain", async () => {
  const { arn, certificate, chain } = await issue(issuing.arn, csr("www.example.com"), "EndEntityServerAuthCertificate");
  const leaf = new X509Certificate(certificate);
  const above = certificates(chain);
  assert.deepEqual(
    above.map((found) => found.fingerprint256),
    [issuing, policy, root].map((authority) => authority.certificate.fingerprint256),
  );
  [leaf, ...above].reduce((subject, issuer) => {
    assert.ok(subject.checkIssued(issuer), subject.subject);
    assert.ok(subject.verify(issuer.publicKey), subject.subject);
    return issuer;
  });
  assert.ok(root.certificate.verify(root.certificate.publicKey));
  assert.equal(leaf.checkHost("www.example.com"), "www.example.com");
  assert.equal(leaf.ca, false);
  assert.ok(above.every((found) => found.ca));
  assert.equal(BigInt(`0x${arn.split("/").at(-1)}`), BigInt(`0x${leaf.serialNumber}`));
});

test("what an authority says of itself", async () => {
  const own = await send(new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: issuing.arn }));
  assert.equal(new X509Certificate(own.Certificate).fingerprint256, issuing.certificate.fingerprint256);
  assert.equal(certificates(own.CertificateChain).length, 2);
  const top = await send(new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: root.arn }));
  assert.equal(top.CertificateChain, undefined);
});

test("passthrough", async () => {
  const { certificate } = await issue(issuing.arn, csr("csr.example.com"), "BlankEndEntityCertificate_APIPassthrough", 30, {
    ApiPassthrough: {
      Subject: { Country: "US", CommonName: "From the API" },
      Extensions: {
        KeyUsage: { DigitalSignature: true },
        ExtendedKeyUsage: [{ ExtendedKeyUsageType: "CODE_SIGNING" }, { ExtendedKeyUsageObjectIdentifier: "1.2.3.4" }],
        SubjectAlternativeNames: [
          { DnsName: "api.example.com" },
          { IpAddress: "192.0.2.1" },
          { UniformResourceIdentifier: "https://example.com/" },
        ],
        CertificatePolicies: [
          {
            CertPolicyId: "1.3.6.1.4.1.99999.1",
            PolicyQualifiers: [{ PolicyQualifierId: "CPS", Qualifier: { CpsUri: "https://example.com/cps" } }],
          },
        ],
        CustomExtensions: [{ ObjectIdentifier: "1.3.6.1.4.1.99999.2", Value: "BQA=", Critical: false }],
      },
    },
  });
  const leaf = new X509Certificate(certificate);
  assert.equal(leaf.subject, "C=US\nCN=From the API");
  assert.equal(leaf.subjectAltName, "DNS:api.example.com, IP Address:192.0.2.1, URI:https://example.com/");
  // Node calls extended usages key usage.
  assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.3", "1.2.3.4"]);
});
