"""Signing in at an OpenID Connect issuer, and its tokens as bearer tokens (api.md 2, traps 113 and 127), against a real one."""
import time
import urllib.parse
import uuid

import pytest
import requests
from issuer import Browser, Issuer, install
from reelvault_server import Api, Server

from conftest import DATABASES

MORE = {
    "auth.oidc_roles_claim": "roles",
    "auth.oidc_admin_values": "media-admin",
    "auth.oidc_editor_values": "media-editor,media-cutter",
}


@pytest.fixture(scope="module", params=DATABASES)
def house(request):
    """A server and its issuer."""
    install()
    issuer = Issuer()
    server = Server(request.param, settings=MORE)
    server.settings |= issuer.settings(server.url)
    issuer.start()
    with server:
        server.issuer = issuer
        yield server
    issuer.stop()


@pytest.fixture
def issuer(house):
    return house.issuer


@pytest.fixture
def admin(house):
    return house.admin()


def somebody():
    return "s" + uuid.uuid4().hex[:12]


def whoami(house, token):
    return Api(house.url, token).get("/account/user")


def error_of(answer):
    """What the sign-in page is told."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith("/app/sign-in?error="), answer.headers["Location"]
    return answer.headers["Location"].split("=")[1]


def test_the_browser_signs_in_and_gets_a_session(house, issuer, admin):
    assert requests.get(house.url + "/account/oidc").json() == {"enabled": True, "label": "House account", "loginUrl": "/account/oidc/login"}
    subject = somebody()
    issuer.account(subject, name="Ada L.", email="ada@example.com", email_verified=True)
    browser = Browser()
    begun = browser.get(f"{house.url}/account/oidc/login?returnTo=/app/folder/1")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(begun.headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"] and query["state"] != query["nonce"]
    assert "HttpOnly" in begun.headers["Set-Cookie"] and "SameSite=Lax" in begun.headers["Set-Cookie"]

    back = browser.through_issuer(begun.headers["Location"], subject)
    done = browser.get(back)
    assert (done.status_code, done.headers["Location"]) == (302, "/app/folder/1")
    assert done.headers["Cache-Control"] == "no-store"
    user = browser.get(house.url + "/account/user").json()
    assert (user["username"], user["displayName"], user["email"], user["role"]) == (subject, "Ada L.", "ada@example.com", "viewer")
    assert user["lastLoginAt"] and user["hasPassword"] is False
    assert admin.ok("GET", "/account/user")["hasPassword"] is True

    change = lambda **kwargs: browser.session.post(house.url + "/account/logout", json={}, **kwargs)
    assert change().status_code == 403, "a session of cookies needs its CSRF token"
    assert browser.session.post(house.url + "/account/refresh-token", json={}, headers=browser.csrf()).status_code == 200
    assert change(headers=browser.csrf()).status_code == 204
    assert browser.get(house.url + "/account/user").status_code == 401

    again = Browser()
    again.sign_in(house.url, subject, prefix="/api")
    assert again.get(house.url + "/account/user").json()["id"] == user["id"], "the same person, though below /api"
    assert admin.ok("GET", f"/admin/user/{user['id']}")["username"] == subject


def test_what_comes_back_must_be_what_was_begun_in_this_browser(house, issuer):
    subject = somebody()
    browser, thief = Browser(), Browser()
    begun = browser.get(f"{house.url}/account/oidc/login")
    back = browser.through_issuer(begun.headers["Location"], subject)
    assert error_of(thief.get(back)) == "expired", "without the cookie of the browser that began it"
    other_state = back.replace("state=", "state=x")
    assert error_of(browser.get(other_state)) == "expired"
    forged = Browser()
    name = next(c.name for c in browser.session.cookies if c.name.startswith("rv_oidc_"))
    value = browser.session.cookies.get(name)
    flipped = "f" if value[10] != "f" else "g"
    assert error_of(forged.get(back, headers={"Cookie": f"{name}={value[:10]}{flipped}{value[11:]}"})) == "expired"
    # A sign-in that another began, slipped in together with its code, meets the wrong nonce and the wrong verifier.
    mine = thief.through_issuer(thief.get(f"{house.url}/account/oidc/login").headers["Location"], somebody())
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(mine).query)["code"][0]
    swapped = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)
    swapped["code"] = [code]
    assert error_of(browser.get(back.split("?")[0] + "?" + urllib.parse.urlencode(swapped, doseq=True))) == "failed"
    assert not browser.session.cookies.get("rv_session")


def test_a_sign_in_happens_once_and_only_for_this_issuer(house, issuer):
    browser = Browser()
    subject = somebody()
    location = browser.get(f"{house.url}/account/oidc/login").headers["Location"]
    back = browser.through_issuer(location, subject)
    parts = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    assert parts["iss"] == issuer.url
    mixed = back.split("?")[0] + "?" + urllib.parse.urlencode(parts | {"iss": "https://elsewhere.example"})
    keep = {c.name: c.value for c in browser.session.cookies if c.name.startswith("rv_oidc_")}
    assert error_of(requests.get(mixed, cookies=keep, allow_redirects=False)) == "failed"
    assert browser.get(back).headers["Location"] == "/app/"
    assert error_of(browser.get(back)) == "expired", "the cookie is gone"
    assert error_of(requests.get(back, cookies=keep, allow_redirects=False)) == "failed", "the code was used"


def test_who_declines_at_the_issuer_is_told_so(house):
    browser = Browser()
    location = browser.get(f"{house.url}/account/oidc/login").headers["Location"]
    back = browser.through_issuer(location, somebody(), consent=False)
    assert "error=access_denied" in back
    assert error_of(browser.get(back)) == "refused"


@pytest.mark.parametrize("where", ["//evil.example", "/\\evil.example", "https://evil.example", "app", "/a\r\nb", ""])
def test_nobody_is_sent_elsewhere_after_signing_in(house, where):
    answer = requests.get(f"{house.url}/account/oidc/login", params={"returnTo": where}, allow_redirects=False)
    assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "?returnTo"


def test_tokens_of_the_issuer_are_bearer_tokens(house, issuer):
    assert whoami(house, issuer.robot_token()).json()["username"] == "robot", "as oidc-provider makes it"
    subject = somebody()
    by_rsa = whoami(house, issuer.token(subject, preferred_username="Grace", key="RS256"))
    by_ec = whoami(house, issuer.token(subject, preferred_username="renamed there", key="ES256"))
    assert by_rsa.status_code == by_ec.status_code == 200
    assert by_rsa.json()["id"] == by_ec.json()["id"], "known by subject, not by name"
    listed = whoami(house, issuer.token(subject, aud=["urn:other", "urn:reelvault"]))
    assert listed.status_code == 200
    other = whoami(house, issuer.token(somebody(), preferred_username="grace"))
    assert other.json()["id"] != by_rsa.json()["id"] and other.json()["username"].lower() != by_rsa.json()["username"].lower()


def test_tokens_that_are_not_good_are_refused(house, issuer):
    at = int(time.time())
    subject = somebody()
    refused = {
        "another audience": issuer.token(subject, aud="urn:somebody-else"),
        "no audience": issuer.token(subject, aud=None),
        "another issuer": issuer.token(subject, iss="https://elsewhere.example"),
        "the issuer and a slash": issuer.token(subject, iss=issuer.url + "/"),
        "expired": issuer.token(subject, iat=at - 600, exp=at - 90),
        "no end": issuer.token(subject, exp=None),
        "an end that is a text": issuer.token(subject, exp=str(at + 300)),
        "not yet": issuer.token(subject, nbf=at + 120),
        "issued in the future": issuer.token(subject, iat=at + 120),
        "no subject": issuer.token(),
        "a stranger's key": issuer.token(subject, key="stranger"),
        "a key that nobody knows": issuer.token(subject, header={"kid": "unheard-of"}),
        "HS256 with the public key": issuer.token(subject, key="hmac"),
        "no signature": issuer.token(subject, key="none"),
        "RS256 under the other key's name": issuer.token(subject, header={"kid": "ES256"}),
    }
    good = issuer.token(subject)
    head, body, signature = good.split(".")
    refused["altered"] = ".".join([head, body[:-2] + ("AA" if body[-2:] != "AA" else "BB"), signature])
    refused["a part is missing"] = f"{head}.{body}."
    for what, token in refused.items():
        answer = whoami(house, token)
        assert answer.status_code == 401, what
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), what
        assert token not in answer.text, what
    assert whoami(house, good).status_code == 200
    assert whoami(house, issuer.token(subject, iat=at + 30, nbf=at + 30)).status_code == 200, "clocks differ by up to a minute"
    assert whoami(house, issuer.token(subject, iat=at - 600, exp=at - 30)).status_code == 200, "at the end as well"


def test_an_issuers_token_is_no_cookie(house, issuer):
    answer = requests.get(house.url + "/account/user", cookies={"rv_session": issuer.token(somebody())})
    assert answer.status_code == 401


def test_groups_and_roles_follow_the_claims(house, issuer, admin):
    names = [f"g-{uuid.uuid4().hex[:8]}" for _ in range(3)]
    made = [admin.ok("POST", "/admin/group", json={"name": name}) for name in names]
    place = admin.folder(admin.root()["id"], "for " + names[0])
    admin.ok("POST", "/admin/grant", json={"groupId": made[0]["id"], "assetId": place["id"], "permission": "write"})
    subject, at = somebody(), int(time.time())
    groups_of = lambda answer: sorted(g["name"] for g in answer.json()["groups"])

    first = issuer.token(subject, iat=at - 30, groups=[names[0].upper(), "unknown here"], roles=["media-cutter"])
    answer = whoami(house, first)
    assert (groups_of(answer), answer.json()["role"]) == ([names[0]], "editor")
    user = answer.json()
    assert Api(house.url, first).get(f"/admin/asset/{place['id']}").status_code == 200
    admin.ok("POST", f"/admin/group/{made[2]['id']}/member", json={"userId": user["id"]})

    assert groups_of(whoami(house, issuer.token(subject, iat=at - 20))) == sorted([names[0], names[2]]), "nothing said, nothing changed"
    second = whoami(house, issuer.token(subject, iat=at - 10, groups=[names[1]], roles=[]))
    assert (groups_of(second), second.json()["role"]) == (sorted([names[1], names[2]]), "viewer"), "whom an administrator put there stays"
    assert Api(house.url, first).get(f"/asset/{place['id']}").status_code == 404, "at once, for tokens seen before as well"
    older = whoami(house, issuer.token(subject, iat=at - 15, groups=[names[0]], roles=["media-admin"]))
    assert (groups_of(older), older.json()["role"]) == (sorted([names[1], names[2]]), "viewer"), "an older token undoes nothing"

    issuer.account(subject, groups=[names[0]], roles=["media-admin"])
    browser = Browser()
    assert browser.sign_in(house.url, subject).headers["Location"] == "/app/"
    signed_in = browser.get(house.url + "/account/user")
    assert (groups_of(signed_in), signed_in.json()["role"]) == (sorted([names[0], names[2]]), "admin")
    time.sleep(1.1)  # a token counts by the second
    issuer.account(subject)
    assert Browser().sign_in(house.url, subject).headers["Location"] == "/app/"
    left = browser.get(house.url + "/account/user")
    assert (groups_of(left), left.json()["role"]) == ([names[2]], "viewer"), "who signs in anew has what the issuer says then"


def test_disabled_users_stay_out_and_deleted_ones_lose_their_tokens(house, issuer, admin):
    subject = somebody()
    token = issuer.token(subject)
    user = whoami(house, token).json()
    admin.ok("PATCH", f"/admin/user/{user['id']}", json={"disabled": True})
    assert whoami(house, token).status_code == 401
    assert whoami(house, issuer.token(subject)).status_code == 401, "a new token neither"
    assert error_of(Browser().sign_in(house.url, subject)) == "disabled"
    admin.ok("PATCH", f"/admin/user/{user['id']}", json={"disabled": False})
    assert whoami(house, issuer.token(subject)).status_code == 200
    assert admin.delete(f"/admin/user/{user['id']}").status_code == 204
    assert whoami(house, token).status_code == 401


def test_an_address_alone_makes_nobody_a_user_who_is_there(house, issuer, admin):
    email = f"{somebody()}@example.com"
    local = admin.ok("POST", "/admin/user", json={"username": somebody(), "password": "a long enough password", "role": "editor", "email": email})
    stranger = whoami(house, issuer.token(somebody(), preferred_username=local["username"], email=email, email_verified=True)).json()
    assert stranger["id"] != local["id"] and stranger["username"] != local["username"] and stranger["role"] == "viewer"


def test_many_first_sights_at_once_are_one_user(house, issuer):
    from concurrent.futures import ThreadPoolExecutor

    subject = somebody()
    tokens = [issuer.token(subject, n=n) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda token: whoami(house, token), tokens))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["id"] for a in answers}) == 1


def test_rotated_keys_are_found_and_those_taken_back_are_not_believed(house, issuer):
    subject = somebody()
    old = issuer.token(subject)
    assert whoami(house, old).status_code == 200
    never_seen = issuer.token(subject, n=1)
    issuer.rotate()
    new = issuer.token(subject)
    # A server that asked a moment ago does not ask again at once.
    Api.wait(lambda: whoami(house, new).status_code == 200, 15)
    assert whoami(house, never_seen).status_code == 401, "its key is not the issuer's any more"
    assert whoami(house, issuer.token(subject, key="ES256")).status_code == 200


@pytest.mark.parametrize("database", DATABASES)
def test_an_issuer_that_is_away_takes_nobody_else_along(database):
    install()
    issuer = Issuer()
    server = Server(database)
    server.settings |= issuer.settings(server.url) | {"auth.oidc_link_email": "true"}
    issuer.start()
    subject = somebody()
    early = issuer.token(subject)
    issuer.stop()
    with server:
        started = time.monotonic()
        answer = whoami(server, early)
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0 and answer.json()["type"].endswith("issuer-unavailable")
        assert error_of(requests.get(server.url + "/account/oidc/login", allow_redirects=False)) == "unavailable"
        assert whoami(server, issuer_free_token(server)).status_code == 200, "who signs in here still does"
        assert time.monotonic() - started < 10

        issuer.start()  # with other keys
        Api.wait(lambda: whoami(server, issuer.token(subject)).status_code == 200, 15)
        waiting, known = issuer.token(subject, n=1), issuer.token(subject, n=2)
        assert whoami(server, known).status_code == 200
        issuer.stop()
        assert whoami(server, known).status_code == 200
        assert whoami(server, waiting).status_code == 200, "its keys are known"

        # Verified addresses link here, since the configuration says so; others do not.
        issuer.start()
        admin = server.admin()
        email = f"{somebody()}@example.com"
        local = admin.ok("POST", "/admin/user", json={"username": somebody(), "role": "editor", "email": email})
        unverified = Api.wait(lambda: (a := whoami(server, issuer.token(somebody(), email=email))).status_code == 200 and a, 15)
        assert unverified.json()["id"] != local["id"]
        me = somebody()
        linked = whoami(server, issuer.token(me, email=email.upper(), email_verified=True))
        assert (linked.json()["id"], linked.json()["role"]) == (local["id"], "editor")
        second = whoami(server, issuer.token(somebody(), email=email, email_verified=True))
        assert second.json()["id"] != local["id"], "one person of the issuer is one user"
        issuer.stop()


def issuer_free_token(server):
    return server.admin().session.headers["Authorization"].split()[1]


def test_without_an_issuer_nothing_of_it_is_there(server):
    assert requests.get(server.url + "/account/oidc").json() == {"enabled": False, "label": None, "loginUrl": None}
    assert requests.get(server.url + "/account/oidc/login", allow_redirects=False).status_code == 404
    assert requests.get(server.url + "/account/oidc/callback?code=a&state=b", allow_redirects=False).status_code == 404
