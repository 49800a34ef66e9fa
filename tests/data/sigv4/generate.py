#!/usr/bin/env python3
"""Writes requests.json: requests that botocore has signed, as they go over the wire, with the keys that signed them.

The cases follow AWS's own suite for Signature Version 4 where botocore can send them. Needs botocore alone.
"""

import datetime
import json
from pathlib import Path
from urllib.parse import urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from botocore.compat import HTTPHeaders

NOW = datetime.datetime(2026, 11, 28, 12, 0, 0, tzinfo=datetime.timezone.utc)
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
HOST = "https://acm-pca.us-east-1.amazonaws.com"
JSON = [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "ACMPrivateCA.ListCertificateAuthorities")]


class Headers(HTTPHeaders):
    """Headers of which one name can stand several times, as botocore's own class allows."""


def signed(name, method="POST", path="/", headers=(), body="", service="acm-pca", region="us-east-1", host=HOST,
           secret=SECRET, token=None, expires=None):
    request = botocore.awsrequest.AWSRequest(method=method, url=host + path, data=body.encode())
    request.headers = Headers()
    for header, value in headers:
        request.headers.add_header(header, value)
    credentials = botocore.credentials.Credentials(KEY, secret, token)
    if expires is None:
        auth = botocore.auth.SigV4Auth(credentials, service, region)
    else:
        auth = botocore.auth.SigV4QueryAuth(credentials, service, region, expires=expires)
    auth.add_auth(request)
    url = urlsplit(request.url)
    wire = [("Host", url.netloc), *request.headers.items()]
    return {
        "name": name,
        "method": method,
        "target": (url.path or "/") + ("?" + url.query if url.query else ""),
        "headers": wire,
        # A signed URL has its parameters in the query alone.
        "body": (request.data or b"").decode(),
        "service": service,
        "region": region,
        "secret": secret,
    }


def main():
    botocore.auth.get_current_datetime = lambda: NOW
    cases = [
        signed("get-vanilla", "GET"),
        signed("get-vanilla-query", "GET", "/?Param1=value1"),
        signed("get-vanilla-empty-query-value", "GET", "/?Param1="),
        signed("get-vanilla-query-order-key", "GET", "/?Param2=value2&Param1=value1"),
        signed("get-vanilla-query-order-value", "GET", "/?Param1=value2&Param1=value1"),
        signed("get-vanilla-query-unreserved", "GET", "/?-._~0123456789ABCxyz=-._~0123456789ABCxyz"),
        signed("get-vanilla-query-escaped", "GET", "/?%E1%88%B4=b%20a%2Fr&a=%2B"),
        signed("get-escaped-path", "GET", "/%E1%88%B4"),
        signed("get-space", "GET", "/example%20space/"),
        signed("get-relative", "GET", "/example/.."),
        signed("get-relative-relative", "GET", "/example1/example2/../.."),
        signed("get-slash-dot-slash", "GET", "/./"),
        signed("get-slash-pointless-dot", "GET", "/./example"),
        signed("get-slashes", "GET", "//example//"),
        signed("get-unreserved", "GET", "/-._~0123456789ABCxyz"),
        signed("get-header-value-trim", "GET", headers=[("My-Header1", " value1 "), ("My-Header2", '"a   b   c"')]),
        signed("get-header-key-duplicate", "GET", headers=[("My-Header1", "value2"), ("My-Header1", "value1")]),
        signed("get-header-value-order", "GET", headers=[("B", "2"), ("a", "1"), ("My-Header", "4,1,3")]),
        signed("get-date", "GET", headers=[("Date", "now")]),
        signed("post-json", headers=JSON, body='{"MaxResults":5}'),
        signed("post-json-not-ascii", headers=JSON, body='{"NextToken":"\u00fc\u1234"}'),
        signed("post-cbor", path="/service/ACMPrivateCA/operation/ListCertificateAuthorities", body="\x7f",
               headers=[("Content-Type", "application/cbor"), ("Smithy-Protocol", "rpc-v2-cbor")]),
        signed("post-session-token", headers=JSON, body="{}", token="a session token/+="),
        signed("post-host-with-port", headers=JSON, body="{}", host="https://localhost:8443"),
        signed("post-other-region", headers=JSON, body="{}", region="cn-northwest-1"),
        signed("post-long-secret", headers=JSON, body="{}", secret="s" * 200),
        signed("post-secret-of-a-block", headers=JSON, body="{}", secret="s" * 60),
        signed("post-form", body="Action=GetCallerIdentity&Version=2011-06-15", service="sts",
               headers=[("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]),
        signed("presigned-get", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", service="sts", expires=60),
        signed("presigned-token", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", service="sts", expires=604800,
               token="a session token/+="),
        signed("presigned-post", path="/?a=1", expires=900),
    ]
    target = Path(__file__).with_name("requests.json")
    document = {"now": int(NOW.timestamp()), "access_key_id": KEY, "requests": cases}
    target.write_text(json.dumps(document, indent=1, ensure_ascii=True) + "\n")
    print(f"{target}: {len(cases)} requests")


if __name__ == "__main__":
    main()
