"""The API model that botocore carries: valid requests, and one violation of each bound."""

import re
from dataclasses import dataclass
from functools import cache

import botocore.loaders

from pca import NOBODY, template_arn


@cache
def model():
    return botocore.loaders.Loader().load_service_model("acm-pca", "service-2")


def shape(name):
    return model()["shapes"][name]


def operations():
    return sorted(model()["operations"])


def input_shape(operation):
    return model()["operations"][operation]["input"]["shape"]


def exceptions():
    return sorted(name for name, found in model()["shapes"].items() if found.get("exception"))


def takes(operation, member):
    return member in shape(input_shape(operation))["members"]


# Valid values where the shape alone does not say one.
BY_MEMBER = {
    "TemplateArn": template_arn("EndEntityCertificate"),
    "CertificateArn": f"{NOBODY}/certificate/1",
    "S3BucketName": "example-bucket",
    "AuditReportId": "00000000-0000-4000-8000-000000000000",
    "Policy": "{}",
    "Principal": "acm.amazonaws.com",
    "SourceAccount": "123456789012",
    "CertificateSerial": "01",
}
BY_SHAPE = {
    "Arn": NOBODY,
    "ASN1Subject": {"CommonName": "www.example.com"},
    "GeneralName": {"DnsName": "www.example.com"},
    "ExtendedKeyUsage": {"ExtendedKeyUsageType": "SERVER_AUTH"},
    "AccessMethod": {"AccessMethodType": "CA_REPOSITORY"},
    "CustomObjectIdentifier": "1.2.3.4",
    "Base64String1To4096": "BQA=",
    "CountryCodeString": "US",
    "KeyAlgorithm": "EC_prime256v1",
    "SigningAlgorithm": "SHA256WITHECDSA",
    "PermanentDeletionTimeInDays": 7,
}


def sample(name, member=None):
    """A valid value of the shape, with nothing that is not required."""
    if member in BY_MEMBER:
        return BY_MEMBER[member]
    if name in BY_SHAPE:
        return BY_SHAPE[name]
    found = shape(name)
    match found["type"]:
        case "structure":
            return base(name)
        case "list":
            return [sample(found["member"]["shape"])]
        case "string":
            return found["enum"][0] if "enum" in found else "a" * max(found.get("min", 1), 1)
        case "integer" | "long":
            return found.get("min", 1)
        case "blob":
            return b"a"
        case "boolean":
            return True
    raise AssertionError(name)


def base(name):
    """The required members of a structure."""
    found = shape(name)
    return {member: sample(found["members"][member]["shape"], member) for member in found.get("required", [])}


@dataclass
class Violation:
    operation: str
    path: str
    what: str
    request: dict
    # What the message says after "constraint: ".
    words: str
    # Patterns of ARNs have an exception of their own.
    arn: bool = False

    def __str__(self):
        return f"{self.operation}-{self.path}-{self.what}"


def camel(member):
    return member[0].lower() + member[1:]


# Neither letters, separators nor digits; outside Latin-1; not in any alphabet of the model.
OUTSIDE = "\N{SNOWMAN}"


def outside_pattern(name, found):
    """A text of legal length that the pattern refuses."""
    bad = "*" if name == "Principal" else OUTSIDE
    bad *= max(found.get("min", 1), 1)
    # \p{L} is not Python's; no pattern that has it takes the snowman.
    if "\\p" not in found["pattern"]:
        assert not re.fullmatch(found["pattern"], bad), name
    return bad


def too_long(name, found):
    length = found["max"] + 1
    match name:
        case "Arn":
            return NOBODY + "a" * (length - len(NOBODY))
        case "CustomObjectIdentifier":
            return "1.2." + "1" * (length - 4)
        case "AccountId":
            return "1" * length
        case "Base64String1To4096":
            return "A" * (length + 3)
    return "a" * length


def bad_values(name):
    """(what, value, words) for each bound of a shape."""
    found = shape(name)
    kind, least, most = found["type"], found.get("min"), found.get("max")
    if kind == "string" and "enum" in found:
        yield "enum", "NONE_OF_THEM", "Member must satisfy enum value set: ["
        return
    if kind == "string":
        if least:
            yield "short", "a" * (least - 1), f"Member must have length greater than or equal to {least}"
        if most is not None:
            yield "long", too_long(name, found), f"Member must have length less than or equal to {most}"
        if "pattern" in found:
            yield "pattern", outside_pattern(name, found), "Member must satisfy regular expression pattern"
    if kind == "blob":
        if least:
            yield "short", b"", f"Member must have length greater than or equal to {least}"
        if most is not None:
            yield "long", b"a" * (most + 1), f"Member must have length less than or equal to {most}"
    if kind in ("integer", "long"):
        if least is not None:
            yield "small", least - 1, f"Member must have value greater than or equal to {least}"
        if most is not None:
            yield "big", most + 1, f"Member must have value less than or equal to {most}"
    if kind == "list":
        item = found["member"]["shape"]
        if least:
            yield "empty", [], f"Member must have length greater than or equal to {least}"
        if most is not None:
            items = [sample(item)] * (most + 1)
            if item == "Tag":
                items = [{"Key": f"key{number}"} for number in range(most + 1)]
            yield "full", items, f"Member must have length less than or equal to {most}"


def inside(name, path):
    """(path, what, value, words, arn) for everything that can be wrong in a value of the shape."""
    found = shape(name)
    for what, value, words in bad_values(name):
        yield path, what, value, words, name == "Arn" and what == "pattern"
    if found["type"] == "structure":
        for member, reference in found["members"].items():
            step = f"{path}.{camel(member)}" if path else camel(member)
            if member in found.get("required", []):
                less = base(name)
                del less[member]
                yield step, "missing", less, "Member must not be null", False
            for at, what, value, words, arn in inside(reference["shape"], step):
                # A structure without a required member stands in the place of the structure, not of the member.
                whole = {**base(name), member: value}
                yield at, what, whole, words, arn
    if found["type"] == "list":
        for at, what, value, words, arn in inside(found["member"]["shape"], f"{path}.1.member"):
            yield at, what, [value], words, arn


def violations(operation):
    for path, what, request, words, arn in inside(input_shape(operation), ""):
        yield Violation(operation, path, what, request, words, arn)
