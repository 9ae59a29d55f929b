#!/usr/bin/env python3
"""Writes vectors.json: hashes made by the libraries whose formats we verify.

    pip install django==5.2.19 argon2-cffi==25.1.0 bcrypt==4.3.0 passlib==1.7.4
    python make_vectors.py > vectors.json

bcrypt is held below 5.0, which refuses passwords over 72 bytes; every release
before it, and all that Django made with them, looks at the first 72 alone.
Costs are kept small so that the test is quick; the default cost of each Django
hasher is there once.
"""

import importlib.metadata
import json
import sys

import argon2
import bcrypt
import django
from django.conf import settings

settings.configure()
django.setup()

from django.contrib.auth import hashers  # noqa: E402
from passlib.hash import argon2 as passlib_argon2  # noqa: E402
from passlib.hash import bcrypt as passlib_bcrypt  # noqa: E402

PASSWORDS = {
    "ascii": "a long walk in the rain",
    "non-ascii": "пароль Straße 漢字 🔑",
    "empty": "",
    "one space": " ",
    "colon and dollar": "pa:ss$word$",
    "71 bytes": "x" * 71,
    "72 bytes": "x" * 72,
    "73 bytes": "x" * 72 + "y",
    "character across byte 72": "x" * 71 + "é!",
    "1000 bytes": "0123456789" * 100,
}

vectors = []


def add(library, case, password, encoded, **more):
    distribution = library.split()[0]
    vectors.append({
        "library": f"{library} {importlib.metadata.version(distribution)}",
        "case": case,
        "password": password,
        "hash": encoded,
        **more,
    })


def cheap(hasher, **cost):
    for name, value in cost.items():
        setattr(hasher, name, value)
    return hasher


DJANGO = [
    cheap(hashers.PBKDF2PasswordHasher(), iterations=1000),
    cheap(hashers.PBKDF2SHA1PasswordHasher(), iterations=1000),
    cheap(hashers.Argon2PasswordHasher(), memory_cost=64, time_cost=2, parallelism=2),
    cheap(hashers.BCryptSHA256PasswordHasher(), rounds=4),
    cheap(hashers.BCryptPasswordHasher(), rounds=4),
    cheap(hashers.ScryptPasswordHasher(), work_factor=16, parallelism=2),
]

for case, password in PASSWORDS.items():
    raw = password.encode()
    for hasher in DJANGO:
        add("django hasher " + hasher.algorithm, case, password, hasher.encode(password, hasher.salt()))
    for variety in (argon2.Type.ID, argon2.Type.I):
        add("argon2-cffi", case, password, argon2.PasswordHasher(
            time_cost=3, memory_cost=64, parallelism=4, type=variety).hash(password))
    for prefix in (b"2a", b"2b"):
        add("bcrypt", case, password, bcrypt.hashpw(raw, bcrypt.gensalt(4, prefix)).decode())
    add("passlib bcrypt 2y", case, password, passlib_bcrypt.using(rounds=4, ident="2y").hash(password))
    add("passlib argon2", case, password, passlib_argon2.using(
        type="ID", rounds=1, memory_cost=32, parallelism=1, salt_size=8, digest_size=16).hash(password))

for hasher in (hashers.PBKDF2PasswordHasher(), hashers.PBKDF2SHA1PasswordHasher(), hashers.Argon2PasswordHasher(),
               hashers.BCryptSHA256PasswordHasher(), hashers.BCryptPasswordHasher(), hashers.ScryptPasswordHasher()):
    password = PASSWORDS["ascii"]
    add("django hasher " + hasher.algorithm, "default cost", password, hasher.encode(password, hasher.salt()), slow=True)
add("argon2-cffi", "default cost", PASSWORDS["ascii"], argon2.PasswordHasher().hash(PASSWORDS["ascii"]), slow=True)

# What the libraries themselves refuse to see as different: bytes past the 72nd.
long = "x" * 72 + "y"
for encoded in (bcrypt.hashpw(long.encode(), bcrypt.gensalt(4)).decode(),
                cheap(hashers.BCryptPasswordHasher(), rounds=4).encode(long, bcrypt.gensalt(4))):
    other = "x" * 72 + "a tail that is not looked at"
    assert bcrypt.checkpw(other.encode(), encoded[encoded.index("$2b$"):].encode())
    add("bcrypt", "same first 72 bytes", other, encoded)

json.dump(vectors, sys.stdout, ensure_ascii=False, indent=1)
print()
