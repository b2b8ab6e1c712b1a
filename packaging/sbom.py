"""The list of what is in a package, as SPDX 2.3 in JSON."""

import datetime
import json
import re

from parts import Part


def _id(name: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def _package(name: str, version: str, licence: str, origin: str | None) -> dict:
    package = {
        "SPDXID": _id(name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }
    if origin:
        reference = {
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": origin,
        }
        package["externalRefs"] = [reference]
    return package


def document(version: str, architecture: str, parts: list[Part], time: int) -> str:
    created = datetime.datetime.fromtimestamp(time, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ours = "cq-source-s3"
    packages = [_package(ours, version, "Apache-2.0", None)]
    packages += [_package(part.name, part.version, "NOASSERTION", part.origin) for part in parts]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", _id(ours))]
    relations += [(_id(ours), "CONTAINS", _id(part.name)) for part in parts]
    return (
        json.dumps(
            {
                "spdxVersion": "SPDX-2.3",
                "dataLicense": "CC0-1.0",
                "SPDXID": "SPDXRef-DOCUMENT",
                "name": f"{ours}-{version}-linux-{architecture}",
                "documentNamespace": f"https://spdx.org/spdxdocs/{ours}-{version}-linux-{architecture}-{time}",
                "creationInfo": {"created": created, "creators": [f"Tool: {ours} packaging/package.py"]},
                "packages": packages,
                "relationships": [
                    {"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b}
                    for a, kind, b in relations
                ],
            },
            indent=1,
        )
        + "\n"
    )
