"""A real OpenID Connect issuer (tests/oidc/issuer.mjs, on the npm package oidc-provider), and a browser's way through it."""
import html
import pathlib
import re
import subprocess
import urllib.parse

import requests
from reelvault_server import free_port

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "oidc"
AUDIENCE = "urn:reelvault"
CLIENT_ID, CLIENT_SECRET = "reelvault", "between us"


def install():
    done, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)


class Issuer:
    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redirects = []
        self.process = None

    def settings(self, server_url=None):
        """What a server is told of it; with its address: for sign-in through the browser too."""
        found = {"auth.oidc_issuer": self.url, "auth.oidc_audience": AUDIENCE}
        if server_url:
            self.redirects = [f"{server_url}{prefix}/account/oidc/callback" for prefix in ("", "/api")]
            found |= {"auth.oidc_client_id": CLIENT_ID, "auth.oidc_client_secret": CLIENT_SECRET, "auth.oidc_label": "House account"}
        return found

    def start(self):
        self.process = subprocess.Popen(["node", "issuer.mjs", str(self.port), *self.redirects], cwd=FOLDER, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the issuer did not start")
        return self

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        self.process = None

    def account(self, subject, **claims):
        requests.put(f"{self.url}/control/account/{subject}", json=claims, timeout=10).raise_for_status()

    def rotate(self):
        requests.post(f"{self.url}/control/rotate", json={}, timeout=10).raise_for_status()

    def token(self, subject=None, key="RS256", header=None, **claims):
        """A bearer token of one's own making; a claim that is None is left out."""
        if subject:
            claims["sub"] = subject
        answer = requests.post(f"{self.url}/control/token", json={"key": key, "header": header or {}, "claims": claims}, timeout=10)
        answer.raise_for_status()
        return answer.json()["token"]

    def robot_token(self):
        """A bearer token as oidc-provider itself gives it."""
        answer = requests.post(f"{self.url}/token", auth=("robot", "a%20robot"), data={"grant_type": "client_credentials"}, timeout=10)
        answer.raise_for_status()
        return answer.json()["access_token"]


class Browser:
    """Follows redirects one at a time and fills in the issuer's forms."""

    def __init__(self):
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, url, **kwargs):
        return self.session.get(url, allow_redirects=False, timeout=30, **kwargs)

    def through_issuer(self, url, subject, consent=True):
        """From the issuer's authorization address to the one that it sends the browser back to."""
        back = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["redirect_uri"][0]
        answer = self.get(url)
        for _ in range(12):
            if "Location" in answer.headers:
                url = urllib.parse.urljoin(answer.url, answer.headers["Location"])
                if url.startswith(back):
                    return url
                answer = self.get(url)
                continue
            if answer.status_code != 200:
                raise AssertionError(f"the issuer says {answer.status_code}: {answer.text[:500]}")
            page = answer.text
            prompt = re.search(r'name="prompt" value="(\w+)"', page).group(1)
            if prompt == "consent" and not consent:
                abort = re.search(r'href="([^"]*/abort)"', page).group(1)
                answer = self.get(urllib.parse.urljoin(answer.url, html.unescape(abort)))
                continue
            action = html.unescape(re.search(r'action="([^"]+)"', page).group(1))
            form = {"prompt": prompt, "login": subject, "password": "any"} if prompt == "login" else {"prompt": prompt}
            answer = self.session.post(urllib.parse.urljoin(answer.url, action), data=form, allow_redirects=False, timeout=30)
        raise AssertionError("the issuer goes round in circles")

    def sign_in(self, server_url, subject, return_to=None, prefix=""):
        """The whole way; gives the server's last answer."""
        query = "?" + urllib.parse.urlencode({"returnTo": return_to}) if return_to else ""
        begun = self.get(f"{server_url}{prefix}/account/oidc/login{query}")
        if begun.status_code != 302 or "/auth?" not in begun.headers["Location"]:
            return begun
        return self.get(self.through_issuer(begun.headers["Location"], subject))

    def csrf(self):
        return {"X-CSRF-Token": self.session.cookies.get("rv_csrf")}
