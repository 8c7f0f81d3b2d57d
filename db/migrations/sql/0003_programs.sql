-- Programs that speak a broker's dialect: their keys, the logins on the way, and the tokens they were given.

-- Of a key only its digest is kept, and of its secret only the salt that, with the key, gives it back: a copy of
-- this database opens no door.
create table apps (
    id           bigint generated always as identity primary key,
    key_sha256   bytea not null unique,
    key_hint     text not null,             -- the key's first letters, by which its owner tells it from others
    salt         bytea not null check (length(salt) = 32),
    user_id      bigint not null references users,
    account_id   bigint not null references accounts,
    name         text not null,
    redirect_url text,                      -- where a login goes on; without one its token is shown
    created_at   timestamptz not null default now(),
    revoked_at   timestamptz
);
create index apps_user on apps (user_id) where revoked_at is null;

-- One-time tokens that a login hands to the program, which exchanges them for an access token.
create table app_logins (
    token_sha256 bytea primary key,
    app_id       bigint not null references apps,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    used_at      timestamptz
);

-- An access token is an API token that works only together with its program's key.
alter table api_tokens add column app_id bigint references apps;
create index api_tokens_app on api_tokens (app_id) where app_id is not null;
