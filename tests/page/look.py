"""Looks at every page in a browser: what it says, that it is sound for keyboards and screen readers, and that names are only text."""

import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from playwright.sync_api import expect, sync_playwright

from authority import HEBREW, LONG, LONG_AS_TEXT, QUOTES, SCRIPT, TURNED, Authorities, csr

ENDPOINT, BROWSER, AXE, SCREENSHOTS = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
WIDTHS = (360, 1024, 1920)
THEMES = ("light", "dark")
AXE_SOURCE = (AXE / "node_modules" / "axe-core" / "axe.min.js").read_text()


class Checks:
    """Counts what holds; what does not is said at once and at the end."""

    def __init__(self):
        self.passed = 0
        self.failed = []

    def that(self, holds, what):
        if holds:
            self.passed += 1
        else:
            self.failed.append(what)
            print(f"FAILED: {what}", flush=True)


checks = Checks()


def expected(what, assertion):
    try:
        assertion()
        checks.that(True, what)
    except AssertionError as error:
        checks.that(False, f"{what}: {str(error)[:600]}")


def watch(page):
    """What the browser complains of: errors, and what the policy of the page forbids."""
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"{request.url}: {request.failure}"))
    return complaints


def open_page(page, path):
    response = page.goto(ENDPOINT + path)
    checks.that(response.status == 200, f"{path} is answered with 200, not {response.status}")
    checks.that(page.evaluate("window.ran") is None, f"{path} runs nothing of a name")


def row(page, name):
    """The row whose header begins with this name, in the first table that has one."""
    return page.locator("tbody tr").filter(has=page.locator("th", has_text=name)).first


def find_origins(page, certificate):
    open_page(page, f"/certificate?arn={quote(certificate, safe='')}")
    for name, origin, rule in (
        ("subjectPublicKeyInfo", "CSR", "R-CSR-5"),
        ("serialNumber", "derived", "R-ENC-1"),
        ("notAfter", "request", "R-VAL-2"),
        ("issuer", "CA certificate", "RFC 5280 section 4.1.2.4"),
        ("basicConstraints", "template", "R-MRG-3"),
        ("authorityKeyIdentifier", "CA certificate", "R-MRG-2"),
        ("cRLDistributionPoints", "CA configuration", "R-MRG-4"),
    ):
        cells = row(page, name).locator("td")
        expected(f"the origin of {name}", lambda: expect(cells.nth(0)).to_have_text(origin))
        expected(f"the rule of {name}", lambda: expect(cells.nth(1)).to_have_text(rule))
    dropped = row(page, "csr.extensionRequest (nameConstraints")
    expected("the extension that was dropped", lambda: expect(dropped).to_be_visible())
    expected("why it was dropped", lambda: expect(dropped).to_contain_text("base templates do not take this source"))


def compare(page):
    open_page(page, "/compare")
    page.get_by_label("First template").select_option("EndEntityCertificate")
    page.get_by_label("Second template").select_option("EndEntityServerAuthCertificate")
    page.get_by_role("button", name="Compare").click()
    expected("both names are in the comparison", lambda: expect(page.get_by_role("heading", level=2)).to_have_text(
        "From EndEntityCertificate to EndEntityServerAuthCertificate"))
    expected("they differ in their purposes", lambda: expect(row(page, "extKeyUsage")).to_contain_text("clientAuth"))


def dry_run(page, authorities):
    open_page(page, "/dry-run")
    count = len(authorities.pca.list_certificate_authorities()["CertificateAuthorities"])
    page.get_by_label("Authority").select_option(authorities.subordinate)
    page.get_by_label("Template", exact=True).select_option("EndEntityCertificate_APIPassthrough")
    page.get_by_label("CSR").fill(csr("dry.example.com").decode())
    page.get_by_label("Validity", exact=True).fill("30")
    page.get_by_label("ApiPassthrough").fill('{"Subject": {"CommonName": "from the API"}}')
    page.get_by_role("button", name="Show what it would give").click()
    expected("the dry run gives a plan", lambda: expect(page.get_by_role("heading", level=2).first).to_have_text(
        "The request would be answered with a certificate"))
    expected("the API gives the subject", lambda: expect(row(page, "subject").locator("td").first).to_have_text("API"))
    expected("the CSR's subject is not used", lambda: expect(row(page, "csr.subject")).to_contain_text("CN=dry.example.com"))

    page.get_by_label("Validity", exact=True).fill("0")
    page.get_by_role("button", name="Show what it would give").click()
    expected("a refusal names the exception", lambda: expect(page.get_by_role("heading", level=2).first).to_have_text(
        "Refused: ValidationException"))
    expected("a refusal names place and rule", lambda: expect(row(page, "validity.value")).to_contain_text("R-REQ-2"))

    page.get_by_label("Validity", exact=True).fill("30")
    page.get_by_label("ApiPassthrough").fill('{"Subject": {"CommonName": "' + "x" * 65_536 + '"}}')
    page.get_by_role("button", name="Show what it would give").click()
    expected("64 KB in a form are refused", lambda: expect(row(page, "apiPassthrough.subject.commonName")).to_be_visible())
    checks.that(
        len(authorities.pca.list_certificate_authorities()["CertificateAuthorities"]) == count, "a dry run makes nothing"
    )


def written(name):
    """A name as RFC 4514 writes it."""
    return "".join(f"\\{character}" if character in '"+,;<>\\' else character for character in name)


def hostile_names(page, authorities, hostile, longest):
    open_page(page, f"/certificate?arn={quote(hostile, safe='')}")
    subject = row(page, "subject").locator("td").last
    for text in (SCRIPT, QUOTES, HEBREW):
        expected(f"{text} is text", lambda: expect(subject).to_contain_text(written(text)))
    checks.that("\u202e" not in page.content(), "an override of direction does not reach the page")
    expected("an override of direction is seen", lambda: expect(subject).to_contain_text("invoice\\E2\\80\\AEgpj.exe"))
    checks.that(subject.locator("bdi").count() >= 1, "a name is isolated")
    open_page(page, f"/certificate?arn={quote(longest, safe='')}")
    expected("a long name is shown whole", lambda: expect(row(page, "subject").locator("td").last).to_contain_text(LONG_AS_TEXT))


def keyboard(page):
    open_page(page, "/")
    page.keyboard.press("Tab")
    checks.that(page.evaluate("document.activeElement.className") == "skip", "the first stop is the skip link")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    checks.that(outline != "none", "the focus is seen")
    page.keyboard.press("Enter")
    checks.that(page.evaluate("document.activeElement.id") == "main", "the skip link leads to the content")


def planted(page, complaints):
    """A fault of each kind is found, so that none is there where none is found."""
    open_page(page, "/")
    page.evaluate("""() => {
        document.documentElement.removeAttribute("lang");
        const style = document.createElement("style");
        style.textContent = "body { color: red }";
        document.head.append(style);
    }""")
    checks.that("html-has-lang" in [finding["id"] for finding in findings(page)], "axe-core finds a fault that is planted")
    checks.that(any("style" in complaint for complaint in complaints), "the policy of the page forbids a style that is planted")


def findings(page):
    page.evaluate(AXE_SOURCE)
    return page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]


def look_at(browser, pages):
    """Every page in every width and theme: a picture, no scrolling to the side; and what axe-core finds."""
    for theme in THEMES:
        context = browser.new_context(color_scheme=theme, viewport={"width": WIDTHS[0], "height": 900})
        page = context.new_page()
        complaints = watch(page)
        for name, path in pages.items():
            open_page(page, path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                checks.that(wide <= 0, f"{name} at {width} pixels does not scroll to the side ({wide} pixels)")
                page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", clip={"x": 0, "y": 0, "width": width, "height": 1400}, full_page=True)
                # Both layouts and both themes.
                if (width, theme) in ((WIDTHS[0], "light"), (WIDTHS[-1], "dark")):
                    found = findings(page)
                    for finding in found:
                        places = [node["html"][:160] for node in finding["nodes"][:3]]
                        print(f"axe: {name} at {width}, {theme}: {finding['impact']} {finding['id']}: {places}", flush=True)
                    grave = [finding["id"] for finding in found if finding["impact"] in ("serious", "critical")]
                    checks.that(not grave, f"axe-core finds nothing serious on {name} at {width}, {theme}: {grave}")
            checks.that(page.locator("h1").count() == 1, f"{name} has one h1")
        checks.that(not complaints, f"the browser has nothing to complain of, {theme}: {complaints}")
        context.close()


def figures():
    def get(path):
        with urllib.request.urlopen(ENDPOINT + path) as answer:
            return answer.read().decode()

    checks.that(get("/healthz") == "ok\n" and get("/readyz") == "ready\n", "the service is well")
    text = get("/metrics")
    checks.that('acm_pca_certificates_issued_total{template="EndEntityCertificate"}' in text, "certificates are counted")
    checks.that('exception="MalformedCSRException"' in text, "refusals are counted")
    checks.that('acm_pca_stage_duration_seconds_count{stage="issue"}' in text, "stages are timed")


def main():
    authorities = Authorities(ENDPOINT)
    constraints = x509.NameConstraints(permitted_subtrees=[x509.DNSName("example.com")], excluded_subtrees=None)
    names = x509.SubjectAlternativeName([x509.DNSName("www.example.com")])
    plain = authorities.issue(authorities.subordinate, csr("www.example.com", None, [(names, False), (constraints, False)]))
    hostile = authorities.issue(authorities.subordinate, csr(f"{SCRIPT} {QUOTES}", f"{TURNED} {HEBREW}"))
    nameless = authorities.issue(authorities.subordinate, csr(None, None, [(names, True)]))
    longest = authorities.issue(authorities.root, csr("long", LONG))
    revoked = authorities.issue(authorities.subordinate, csr("revoked.example.com"))
    authorities.revoke(authorities.subordinate, revoked)
    custom = authorities.issue(authorities.subordinate, csr("custom.example.com"), "PageCustom")
    try:
        authorities.issue(authorities.subordinate, b"-----BEGIN CERTIFICATE REQUEST-----\n<b>\n-----END CERTIFICATE REQUEST-----\n")
    except authorities.pca.exceptions.MalformedCSRException:
        pass

    def of(arn, path="certificate"):
        return f"/{path}?arn={quote(arn, safe='')}"

    pages = {
        "overview": "/",
        "authority": of(authorities.subordinate, "authority"),
        "revoked": of(authorities.subordinate, "authority") + "&only=revoked",
        "certificate": of(plain),
        "hostile": of(hostile),
        "long": of(longest),
        "custom": of(custom),
        "nameless": of(nameless),
        "requests": "/requests",
        "templates": "/templates",
        "template": "/template?name=EndEntityCertificate_APICSRPassthrough",
        "compare": "/compare?first=EndEntityCertificate&second=SubordinateCACertificate_PathLen1",
        "dry-run": "/dry-run",
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        # Nothing needs script in the browser: so it has none here.
        context = browser.new_context(viewport={"width": 1024, "height": 900})
        page = context.new_page()
        page.set_default_timeout(10_000)
        expect.set_options(timeout=5_000)
        complaints = watch(page)
        find_origins(page, plain)
        compare(page)
        dry_run(page, authorities)
        hostile_names(page, authorities, hostile, longest)
        keyboard(page)
        checks.that(not complaints, f"the browser has nothing to complain of: {complaints}")
        open_page(page, pages["revoked"])
        listed = page.get_by_role("table").filter(has_text="Revoked certificates, the newest first (1)").locator("tbody tr")
        expected("a revoked certificate says so", lambda: expect(listed).to_contain_text("revoked.example.com"))
        expected("it says why", lambda: expect(listed).to_contain_text("KEY_COMPROMISE"))
        planted(page, complaints)
        context.close()
        look_at(browser, pages)
        browser.close()
    figures()
    print(f"\n{checks.passed} passed, {len(checks.failed)} failed", flush=True)
    for what in checks.failed:
        print(f"  {what[:2000]}", flush=True)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
