// Revocation, audit reports, and waiting for them.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { before, test } from "node:test";
import {
  CreateCertificateAuthorityAuditReportCommand,
  DescribeCertificateAuthorityAuditReportCommand,
  RequestAlreadyProcessedException,
  RevokeCertificateCommand,
  waitUntilAuditReportCreated,
} from "@aws-sdk/client-acm-pca";
import { activeRoot, client, csr, issue, send } from "./steps.mjs";

let root;

before(async () => {
  root = await activeRoot("Node Revoking Root");
});

test("revoked once", async () => {
  const { certificate } = await issue(root.arn, csr("www.example.com"));
  const revoke = new RevokeCertificateCommand({
    CertificateAuthorityArn: root.arn,
    CertificateSerial: new X509Certificate(certificate).serialNumber,
    RevocationReason: "KEY_COMPROMISE",
  });
  await send(revoke);
  await assert.rejects(send(revoke), RequestAlreadyProcessedException);
});

test("an audit report", async () => {
  await issue(root.arn, csr("www.example.com"));
  const { AuditReportId, S3Key } = await send(
    new CreateCertificateAuthorityAuditReportCommand({
      CertificateAuthorityArn: root.arn,
      S3BucketName: "example-bucket",
      AuditReportResponseFormat: "CSV",
    }),
  );
  const input = { CertificateAuthorityArn: root.arn, AuditReportId };
  assert.equal((await waitUntilAuditReportCreated({ client, maxWaitTime: 60 }, input)).state, "SUCCESS");
  const described = await send(new DescribeCertificateAuthorityAuditReportCommand(input));
  assert.equal(described.S3Key, S3Key);
  assert.ok(described.CreatedAt instanceof Date);
});
