"""Section 8: the `airt` command, with arguments only and at a terminal with its prompts."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from PIL import Image

import person_at_provider as browser
from authenticator import Authenticator
from people import new_phone, wire
from terminal import Terminal, environment, last_token, run

SLOW = 12  # seconds a code must stay good, because the command takes its time to start
OTP_PROMPT = "Please enter the OTP displayed in the authenticator app: "
SMS_PROMPT = "you received on your registered phone number: "
MENU = "Enter your option: "
HEAD = "uuid username email super_user is_mfa_active disabled created subscription_type first_name last_name phone_number is_phone_number_verified".split()


@pytest.fixture
def terminal():
    """Opens terminals that are gone at the end of the test."""
    opened = []

    def open_terminal(*arguments: str, env: dict[str, str]) -> Terminal:
        opened.append(Terminal(*arguments, env=env))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


def of(person) -> dict[str, str]:
    return environment(person.roster.airt, person.token)


def airt(person, *arguments: str):
    return run(*arguments, env=of(person))


def good(person, *arguments: str) -> str:
    done = airt(person, *arguments)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def refused(person, *arguments: str) -> str:
    done = airt(person, *arguments)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "environment variable" not in done.stderr  # a key is missing in an answer
    return done.stderr


def test_version(people):
    done = run("version", env=environment(people.roster.airt))
    assert done.returncode == 0
    assert re.search(r"client\s+2023\.3\.0", done.stdout)
    assert re.search(r"server\s+\d", done.stdout)


def test_a_missing_token_variable_is_told(people):
    done = run("user", "details", env=environment(people.roster.airt))
    assert done.returncode == 1
    assert "AIRT_SERVICE_TOKEN" in done.stderr and "airt token" in done.stdout


def test_a_bad_token_is_told(people):
    done = run("user", "details", env=environment(people.roster.airt, "ros_bad"))
    assert done.returncode == 1 and done.stderr.startswith("Error: ") and "{" not in done.stderr


def test_wrong_usage_is_exit_2(people):
    assert airt(people.admin, "user", "create").returncode == 2
    assert airt(people.admin, "user", "disable").returncode == 2


# --- airt token --------------------------------------------------------------------------------------------------------


def test_token_prints_the_token_and_the_phone_hint(people):
    user = people.make()
    arguments = ["token", "-u", user.username, "-p", user.password]
    done = run(*arguments, "-s", user.roster.airt, env=environment("http://127.0.0.1:9"))
    assert done.returncode == 0, done.stderr
    token = re.search(r"^token: (\S+)$", done.stdout, re.M)[1]
    assert "register-phone-number" in done.stdout
    assert wire(user.roster, "GET", "/user/details", token).json()["uuid"] == user.uuid


def test_token_quiet_prints_the_token_alone(people):
    user = people.make()
    env = environment(user.roster.airt, AIRT_SERVICE_USERNAME=user.username, AIRT_SERVICE_PASSWORD=user.password)
    done = run("token", "-q", env=env)
    assert done.returncode == 0
    assert wire(user.roster, "GET", "/user/details", done.stdout.strip()).status_code == 200


def test_token_gives_no_hint_with_a_verified_phone(people):
    user = people.make().verify_phone()
    done = run("token", "-u", user.username, "-p", user.password, env=environment(user.roster.airt))
    assert done.returncode == 0 and "register-phone-number" not in done.stdout


def test_token_refused(people, terminal):
    user = people.make().turn_on_mfa()
    env = environment(user.roster.airt)
    done = run("token", "-u", user.username, "-p", user.password, "--otp", user.authenticator.wrong(), env=env)
    assert done.returncode == 1 and "Error: Invalid OTP" in done.stderr
    wrong = terminal("token", "-u", user.username, "-p", "wrong", env=env)
    assert wrong.end() == 1
    assert MENU not in wrong.seen


def test_token_with_otp(people):
    user = people.make().turn_on_mfa()
    code = user.authenticator.code(SLOW)
    done = run("token", "-u", user.username, "-p", user.password, "-q", "--otp", code, env=environment(user.roster.airt))
    assert done.returncode == 0, done.stderr


def test_token_menu_with_the_authenticator(people, terminal):
    user = people.make().turn_on_mfa()
    shell = terminal("token", "-u", user.username, "-p", user.password, env=environment(user.roster.airt))
    shell.answer(MENU, "3")
    assert "Please enter a valid option" in shell.answer(MENU, "1")
    shell.answer(OTP_PROMPT, user.authenticator.wrong())
    assert "Invalid OTP" in shell.answer(OTP_PROMPT, user.code())
    assert shell.end() == 0
    assert wire(user.roster, "GET", "/user/details", last_token(shell.seen)).status_code == 200


def test_token_menu_with_sms(people, terminal):
    user = people.make().verify_phone().turn_on_mfa()
    earlier = len(user.roster.messages(user.phone))
    shell = terminal("token", "-u", user.username, "-p", user.password, env=environment(user.roster.airt))
    shell.answer(MENU, "2")
    shell.expect(SMS_PROMPT)
    code = user.roster.wait_for_message(user.phone, earlier).code
    shell.child.sendline(code)
    assert shell.end() == 0
    assert wire(user.roster, "GET", "/user/details", last_token(shell.seen)).status_code == 200


def test_token_ends_after_three_wrong_codes(people, terminal):
    user = people.make().turn_on_mfa()
    shell = terminal("token", "-u", user.username, "-p", user.password, env=environment(user.roster.airt))
    shell.answer(MENU, "1")
    for _ in range(3):
        shell.answer(OTP_PROMPT, user.authenticator.wrong())
    assert shell.end() == 1


@pytest.mark.parametrize("provider", ["google", "github"])
def test_token_through_a_provider(people, terminal, provider):
    user = people.make()
    address = f"{user.username}@elsewhere.example.com"
    good(user, "user", "sso", "enable", provider, "-e", address)
    shell = terminal("token", "-u", user.username, "-p", user.password, "-sp", provider, env=environment(user.roster.airt))
    shell.expect("terminated.")
    url = re.search(r"^(http://127\S+)$", shell.seen, re.M)[1]
    browser.sign_in(url, address)
    shell.expect("SSO authentication is successful")
    assert shell.end() == 0
    assert wire(user.roster, "GET", "/user/details", last_token(shell.seen)).json()["uuid"] == user.uuid


def test_token_through_a_provider_stops_at_a_failed_login(people, terminal):
    user = people.make()
    good(user, "user", "sso", "enable", "google", "-e", "mine@elsewhere.example.com")
    shell = terminal("token", "-u", user.username, "-p", user.password, "-sp", "google", env=environment(user.roster.airt))
    shell.expect("terminated.")
    browser.sign_in(re.search(r"^(http://127\S+)$", shell.seen, re.M)[1], "not.mine@elsewhere.example.com")
    assert shell.end() == 1


# --- airt user ---------------------------------------------------------------------------------------------------------


def create(name: str, *more: str) -> list[str]:
    return ["user", "create", "-un", name, "-fn", "Ann", "-ln", "Smith", "-e", f"{name}@example.com", "-p", "a long pass phrase", "-st", "small", *more]


def test_user_create_prints_a_table_of_one_row(people):
    printed = good(people.admin, *create("cli-made", "-ph", "+44 0123456789"))
    head, row = printed.splitlines()
    assert head.split() == HEAD
    assert "cli-made" in row and "440123456789" in row and re.search("now|ago", row)


def test_user_create_quiet_prints_the_uuid(people):
    uuid = good(people.admin, *create("cli-quiet", "-su", "-q")).strip()
    assert good(people.admin, "user", "details", "-u", uuid, "-f", "{'super_user': '{}'}").strip() == "True"


def test_user_create_refused(people):
    taken = people.make().username
    told = refused(people.admin, *create("cli-refused")[:4], *create("cli-refused")[4:], "-f", "no dict")
    assert "Not a valid python expression" in told
    assert "Error: " in refused(people.admin, *create(taken), "--otp", "123456")
    assert refused(people.make(), *create("cli-plain"), "--otp", "1").startswith("Error: ")


def test_user_create_asks_for_a_code(people, terminal):
    boss = people.super_user().turn_on_mfa()
    shell = terminal(*create("cli-otp"), env=of(boss))
    assert "OTP is required" in shell.answer(OTP_PROMPT, boss.authenticator.wrong())
    assert "Invalid OTP" in shell.answer(OTP_PROMPT, boss.code())
    assert shell.end() == 0
    assert "cli-otp" in shell.seen


def test_user_create_ends_after_two_wrong_codes(people, terminal):
    boss = people.super_user().turn_on_mfa()
    shell = terminal(*create("cli-wrong"), env=of(boss))
    for _ in range(3):
        shell.answer(OTP_PROMPT, boss.authenticator.wrong())
    assert shell.end() == 1


def test_user_create_with_otp_asks_nothing(people):
    boss = people.super_user().turn_on_mfa()
    assert "Error: Invalid OTP" in refused(boss, *create("cli-argument"), "--otp", boss.authenticator.wrong())
    assert "cli-argument" in good(boss, *create("cli-argument"), "--otp", boss.authenticator.code(SLOW))


def test_user_details(people):
    user = people.make()
    head, row = good(user, "user", "details").splitlines()
    assert head.split() == HEAD
    assert user.uuid in row and re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", row)
    assert good(user, "user", "details", "-q").strip() == user.uuid
    assert good(people.admin, "user", "details", "-u", user.username, "-q").strip() == user.uuid
    assert refused(user, "user", "details", "-u", people.admin.username).startswith("Error: ")


def test_user_ls(people):
    people.make(log_in=False)
    last = people.make(log_in=False)
    uuids = good(people.admin, "user", "ls", "-l", "100000", "-q").split()
    assert uuids[-1] == last.uuid
    assert good(people.admin, "user", "ls", "-o", str(len(uuids) - 1), "-q").split() == [last.uuid]
    printed = good(people.admin, "user", "ls", "-l", "2")
    assert printed.splitlines()[0].split() == HEAD and len(printed.splitlines()) == 3
    good(people.admin, "user", "disable", last.username)
    assert last.uuid in good(people.admin, "user", "ls", "--disabled", "-l", "100000", "-q").split()
    assert refused(people.make(), "user", "ls").startswith("Error: ")


def test_user_update(people, terminal):
    user = people.make()
    assert "Beatrice" in good(user, "user", "update", "-fn", "Beatrice")
    assert good(people.admin, "user", "update", "--user", user.username, "-ln", "Set", "-f", "{'last_name': '<{}>'}").strip() == "<Set>"
    user.turn_on_mfa()
    shell = terminal("user", "update", "-fn", "Coded", "-q", env=of(user))
    shell.answer(OTP_PROMPT, user.code())
    assert shell.end() == 0
    assert user.details()["first_name"] == "Coded"


def test_user_disable_and_enable_in_the_given_order(people, terminal):
    boss = people.super_user().turn_on_mfa()
    first, second = people.make(log_in=False), people.make(log_in=False)
    shell = terminal("user", "disable", second.username, first.uuid, "-f", "{'uuid': '{}'}", env=of(boss))
    shell.answer(OTP_PROMPT, boss.code())
    assert shell.end() == 0
    assert re.findall(r"[0-9a-f-]{36}", shell.seen) == [second.uuid, first.uuid]
    printed = good(boss, "user", "enable", second.username, first.uuid, "-q", "--otp", boss.authenticator.code(SLOW))
    assert printed.split() == [second.uuid, first.uuid]


def test_user_disable_twice_is_refused(people):
    user = people.make(log_in=False)
    good(people.admin, "user", "disable", user.username)
    assert "Error: " in airt_without_input(people.admin, "user", "disable", user.username)


def airt_without_input(person, *arguments: str) -> str:
    """Any refusal makes a command marked (1) ask for nothing unless it is about a code."""
    done = airt(person, *arguments)
    assert done.returncode == 1
    return done.stderr


def test_register_phone_number(people, terminal):
    user = people.make()
    phone = new_phone()
    shell = terminal("user", "register-phone-number", "-p", f"+{phone}", env=of(user))
    shell.expect("Please enter here: ")
    code = user.roster.wait_for_message(phone, 0).code
    shell.child.sendline("000000" if code != "000000" else "000001")
    shell.answer("Please enter here: ", code)
    assert shell.end() == 0
    assert "is successfully registered" in shell.seen
    assert user.details()["is_phone_number_verified"] is True


def test_register_phone_number_stops_after_ten_wrong_codes(people, terminal):
    user = people.make(phone_number=new_phone())
    shell = terminal("user", "register-phone-number", env=of(user))
    shell.expect("Please enter here: ")
    code = user.roster.wait_for_message(user.phone, 0).code
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(12):
        shell.child.sendline(wrong)
        found = shell.child.expect_exact(["Please enter here: ", "Too many failed attempts"])
        if found == 1:
            break
    assert found == 1
    assert shell.end() == 0
    assert user.details()["is_phone_number_verified"] is False


def test_reset_password_with_arguments(people):
    user = people.make().turn_on_mfa()
    env = environment(user.roster.airt)
    arguments = ["user", "reset-password", "-u", user.username, "-np", "the next pass phrase", "--otp"]
    done = run(*arguments, user.authenticator.wrong(), env=env)
    assert done.returncode == 1 and done.stdout.strip() and not done.stderr.strip()
    done = run(*arguments, user.authenticator.code(SLOW), env=env)
    assert done.returncode == 0 and "AIRT_SERVICE_PASSWORD" in done.stdout
    user.password = "the next pass phrase"
    user.log_in(otp=user.code())


def test_reset_password_at_the_terminal_by_sms(people, terminal):
    user = people.make().verify_phone()
    earlier = len(user.roster.messages(user.phone))
    shell = terminal("user", "reset-password", env=environment(user.roster.airt))
    shell.answer("Please enter your username: ", user.username)
    shell.answer("Please enter your new password: ", "the next pass phrase")
    shell.answer("Repeat for confirmation: ", "the next pass phrase")
    shell.answer("Password reset option: ", "2")
    shell.expect(SMS_PROMPT)
    shell.child.sendline(user.roster.wait_for_message(user.phone, earlier).code)
    assert shell.end() == 0
    user.password = "the next pass phrase"
    user.log_in()


def test_reset_password_at_the_terminal_by_authenticator(people, terminal):
    user = people.make().turn_on_mfa()
    shell = terminal("user", "reset-password", "-u", user.username, "-np", "the next pass phrase", env=environment(user.roster.airt))
    shell.answer("Password reset option: ", "1")
    shell.answer("authenticator application: ", user.code())
    assert shell.end() == 0


# --- airt user mfa, sso ------------------------------------------------------------------------------------------------


def authenticator_of(printed: str) -> Authenticator:
    """Scan the QR code that stands in what a command printed."""
    halves = {" ": (255, 255), "▄": (255, 0), "▀": (0, 255), "█": (0, 0), "\xa0": (255, 255)}
    lines = [line for line in printed.split("\n") if line.strip("\r") and set(line.strip("\r")) <= set(halves)]
    rows = []
    for line in lines:
        cells = [halves[letter] for letter in line.strip("\r")]
        rows += [[upper for upper, _ in cells], [lower for _, lower in cells]]
    width = max(map(len, rows))
    pixels = [value for row in rows for value in row + [255] * (width - len(row))]
    picture = Image.new("L", (width, len(rows)))
    picture.putdata(pixels)
    codes = []
    for candidate in (picture, picture.point(lambda value: 255 - value)):
        framed = Image.new("L", (width + 16, len(rows) + 16), 255)
        framed.paste(candidate, (8, 8))
        codes += zxingcpp.read_barcodes(framed.resize((framed.width * 4, framed.height * 4), Image.Resampling.NEAREST))
    return Authenticator(codes[0].text)


def test_mfa_enable(people, terminal):
    user = people.make()
    shell = terminal("user", "mfa", "enable", env=of(user))
    printed = shell.expect(OTP_PROMPT)
    user.authenticator = authenticator_of(printed)
    shell.child.sendline(user.authenticator.wrong())
    assert "Invalid OTP" in shell.answer(OTP_PROMPT, user.code())
    assert shell.end() == 0
    assert "successfully activated" in shell.seen and "register-phone-number" in shell.seen
    assert user.details()["is_mfa_active"] is True


def test_mfa_enable_after_three_wrong_codes_leaves_it_off(people, terminal):
    user = people.make()
    shell = terminal("user", "mfa", "enable", env=of(user))
    authenticator = authenticator_of(shell.expect(OTP_PROMPT))
    shell.child.sendline(authenticator.wrong())
    for _ in range(2):
        shell.answer(OTP_PROMPT, authenticator.wrong())
    assert shell.end() == 0
    assert user.details()["is_mfa_active"] is False
    answer = user.wire("POST", "/user/mfa/activate", json={"user_otp": authenticator.code()})
    assert answer.status_code >= 400


def test_mfa_enable_asks_for_a_code_of_the_running_one(people, terminal):
    user = people.make().turn_on_mfa()
    shell = terminal("user", "mfa", "enable", env=of(user))
    assert "OTP is required" in shell.answer(OTP_PROMPT, user.code())
    renewed = authenticator_of(shell.expect(OTP_PROMPT))
    shell.child.sendline(renewed.code())
    assert shell.end() == 0
    assert "successfully activated" in shell.seen


def test_mfa_disable_with_the_authenticator(people, terminal):
    user = people.make().turn_on_mfa()
    shell = terminal("user", "mfa", "disable", env=of(user))
    shell.answer(MENU, "1")
    shell.answer(OTP_PROMPT, user.authenticator.wrong())
    shell.answer(OTP_PROMPT, user.code())
    assert shell.end() == 0
    assert "successfully deactivated" in shell.seen
    assert user.details()["is_mfa_active"] is False


def test_mfa_disable_with_sms(people, terminal):
    user = people.make().verify_phone().turn_on_mfa()
    earlier = len(user.roster.messages(user.phone))
    shell = terminal("user", "mfa", "disable", env=of(user))
    shell.answer(MENU, "2")
    shell.expect(SMS_PROMPT)
    shell.child.sendline(user.roster.wait_for_message(user.phone, earlier).code)
    assert shell.end() == 0
    assert user.details()["is_mfa_active"] is False


def test_mfa_disable_of_another_by_a_super_user(people):
    boss, user = people.super_user().turn_on_mfa(), people.make().turn_on_mfa()
    good(boss, "user", "mfa", "disable", "-u", user.username, "--otp", boss.authenticator.code(SLOW))
    assert user.details()["is_mfa_active"] is False


def test_sso_enable_and_disable(people, terminal):
    user = people.make()
    printed = good(user, "user", "sso", "enable", "google", "-e", "ann@sso.example.com")
    assert "google" in printed and "ann@sso.example.com" in printed
    assert "google" in good(user, "user", "sso", "disable", "google")
    assert "Error: " in refused(user, "user", "sso", "disable", "google", "--otp", "123456")
    user.turn_on_mfa()
    shell = terminal("user", "sso", "enable", "github", "-e", "ann@sso.example.com", env=of(user))
    shell.answer(OTP_PROMPT, user.code())
    assert shell.end() == 0
    shell = terminal("user", "sso", "disable", "github", env=of(user))
    shell.answer(OTP_PROMPT, user.code())
    assert shell.end() == 0


# --- airt api-key ------------------------------------------------------------------------------------------------------


def test_api_key_commands(people):
    user = people.make()
    key = good(user, "api-key", "create", "first", "-q").strip()
    assert "Access Token: " in good(user, "api-key", "create", "second", "-e", "10")
    with_key = environment(user.roster.airt, key)
    assert run("user", "details", "-q", env=with_key).stdout.strip() == user.uuid
    printed = good(user, "api-key", "ls")
    assert printed.splitlines()[0].split() == ["uuid", "name", "created", "expiry", "disabled"]
    assert len(printed.splitlines()) == 3 and "from now" in printed and "None" in printed
    assert good(user, "api-key", "details", "first", "-f", "{'name': '{}'}").strip() == "first"
    revoked = good(user, "api-key", "revoke", "second", "first", "-f", "{'name': '{}'}")
    assert revoked.split() == ["second", "first"]
    assert run("user", "details", env=with_key).returncode == 1
    assert good(user, "api-key", "ls", "-q").split() == []
    assert len(good(user, "api-key", "ls", "--disabled", "-q").split()) == 2
    assert refused(user, "api-key", "details", "first").startswith("Error: ")


def test_api_key_commands_ask_for_a_code(people, terminal):
    user = people.make().turn_on_mfa()
    shell = terminal("api-key", "create", "coded", "-q", env=of(user))
    shell.answer(OTP_PROMPT, user.code())
    assert shell.end() == 0
    shell = terminal("api-key", "revoke", "coded", "-q", env=of(user))
    shell.answer(OTP_PROMPT, user.code())
    assert shell.end() == 0


def test_api_keys_of_another_by_a_super_user(people):
    user = people.make()
    good(user, "api-key", "create", "theirs")
    uuid = good(people.admin, "api-key", "ls", "-u", user.username, "-q").strip()
    assert good(people.admin, "api-key", "revoke", uuid, "--user", user.username, "-q").strip() == uuid
