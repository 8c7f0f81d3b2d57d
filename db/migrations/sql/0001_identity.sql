-- Who may sign in, and what they were given. Passwords are bcrypt hashes; every
-- token, cookie and code is stored as its SHA-256, so that a copy of this database opens no door.

create table users (
    id                   bigint generated always as identity primary key,
    name                 text not null unique check (name ~ '^[a-z0-9][a-z0-9._-]{0,31}$'),
    email                text unique,
    display_name         text not null default '',
    password_hash        text,
    role                 text not null check (role in ('trader', 'analyst', 'admin')),
    active               boolean not null default true,
    must_change_password boolean not null default false,
    failed_attempts      integer not null default 0 check (failed_attempts >= 0),
    locked_until         timestamptz,
    created_at           timestamptz not null default now()
);

create table identities (
    issuer     text not null,
    subject    text not null,
    user_id    bigint not null references users,
    created_at timestamptz not null default now(),
    primary key (issuer, subject)
);

create table sessions (
    token_sha256 bytea primary key,
    public_id    uuid not null unique default gen_random_uuid(),
    user_id      bigint not null references users,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    last_seen_at timestamptz not null default now(),
    address      text,
    agent        text,
    revoked_at   timestamptz
);
create index sessions_user on sessions (user_id) where revoked_at is null;

-- One-time codes: SESSION turns a proven sign-in into a cookie, PASSWORD sets a password by link.
create table one_time_codes (
    code_sha256 bytea primary key,
    purpose     text not null check (purpose in ('SESSION', 'PASSWORD')),
    user_id     bigint not null references users,
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null,
    used_at     timestamptz
);

create table audit (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default now(),
    user_id bigint references users,
    actor   text not null,
    action  text not null,
    subject text not null default '',
    detail  jsonb not null default '{}'
);
create index audit_at on audit (at desc);
